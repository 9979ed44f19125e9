package storage.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import storage.api.StorageException;

/**
 * Runs a task on a thread of its own that has left the process in one respect: its working directory, or its mounts.
 *
 * <p>The kernel keeps both for each thread and gives no way back, so the thread is made for one task and ends with it:
 * one from a pool would carry the change to whoever comes next. Mounts that the task leaves behind go with the thread.
 * Threads that the task starts inherit its world, and so do processes: it should start none.
 */
public final class PrivateThread {
    private static final byte[] NOTHING = {};
    private static final byte[] TOP = "/".getBytes(StandardCharsets.US_ASCII);

    /**
     * How much longer an interrupted caller waits. Mostly the kernel is done within that, and what it has done is known:
     * nobody has to undo a mount that may still come.
     */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private PrivateThread() {}

    /** What a task has made, to be taken by its caller, or closed if that has gone. */
    private static final class Handover<T> {
        private static final Object GONE = new Object();

        /** Null while the task runs, then its result; or {@link #GONE}. */
        private final AtomicReference<Object> result = new AtomicReference<>();

        T hand(T made) {
            if (made != null && !result.compareAndSet(null, made)) {
                close(made);
            }
            return made;
        }

        void leave() {
            close(result.getAndSet(GONE));
        }

        private static void close(Object made) {
            if (made instanceof AutoCloseable open) {
                try {
                    open.close();
                } catch (Exception e) {
                    // nobody is there to be told
                }
            }
        }
    }

    /** What the thread has for itself. */
    public enum Isolation {
        /** {@code fchdir} moves only this thread: for mounts by relative paths. Mounts are everybody's. */
        WORKING_DIRECTORY(MountCalls.CLONE_FS),
        /**
         * Mounts are seen by this thread alone, and others' new mounts not by it: for trying what can be mounted. Needs
         * {@code CAP_SYS_ADMIN}.
         */
        MOUNTS(MountCalls.CLONE_FS | MountCalls.CLONE_NEWNS);

        private final int flags;

        Isolation(int flags) {
            this.flags = flags;
        }
    }

    /**
     * Runs the task and waits for it.
     *
     * @param limit how long; what still runs then is interrupted and left to itself, and what it returns is closed if it
     *     can be. So it is a second after the caller was interrupted
     * @return what the task returns
     * @throws IOException what the task throws; a {@link SyscallException} of {@code unshare} or {@code mount} if the
     *     thread could not be separated, and then the task has not run
     * @throws StorageException {@code TIMEOUT}, or {@code INTERRUPTED} with the caller's interrupt flag set
     */
    public static <T> T call(Syscalls linux, Isolation isolation, Duration limit, Callable<T> task) throws IOException {
        var handover = new Handover<T>();
        var separated = new FutureTask<T>(() -> {
            separate(linux, isolation);
            return handover.hand(task.call());
        });
        var thread = thread(separated);
        thread.start();
        var taken = false;
        try {
            var result = await(separated, limit);
            taken = true;
            return result;
        } finally {
            if (!taken) {
                separated.cancel(true);
                handover.leave();
            }
        }
    }

    /** A thread that keeps as little alive as possible if it is abandoned: no inherited thread locals, no class loader. */
    static Thread thread(Runnable task) {
        var thread = new Thread(null, task, "storage-private", 0, false);
        thread.setContextClassLoader(null);
        thread.setDaemon(true);
        return thread;
    }

    /** What a task has come to; the exceptions are those of {@link #call}. */
    static <T> T await(Future<T> task, Duration limit) throws IOException {
        var interrupted = false;
        try {
            try {
                return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
                return task.get(Math.min(GRACE.toNanos(), limit.toNanos()), TimeUnit.NANOSECONDS);
            }
        } catch (ExecutionException e) {
            throw rethrown(e.getCause());
        } catch (TimeoutException | InterruptedException e) {
            if (interrupted) {
                throw StorageException.of(StorageException.Kind.INTERRUPTED, "The wait for the kernel was interrupted");
            }
            throw StorageException.of(
                    StorageException.Kind.TIMEOUT,
                    "The kernel did not answer within " + limit.toMillis() + " ms",
                    "Look for a mount or a disk that does not answer");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    static void separate(Syscalls linux, Isolation isolation) throws SyscallException {
        Errno.check(linux.unshare(isolation.flags), "unshare", "");
        if (isolation == Isolation.MOUNTS) {
            // a new namespace begins with the sharing of the old one: what is mounted here would show there
            var flags = MountCalls.MS_REC | MountCalls.MS_PRIVATE;
            Errno.check(linux.mount(NOTHING, TOP, NOTHING, flags, NOTHING), "mount", "/");
        }
    }

    private static IOException rethrown(Throwable cause) {
        if (cause instanceof RuntimeException e) {
            throw e;
        }
        if (cause instanceof Error e) {
            throw e;
        }
        return cause instanceof IOException e ? e : new IOException(cause);
    }
}
