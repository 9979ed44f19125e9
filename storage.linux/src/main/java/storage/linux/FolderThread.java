package storage.linux;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import storage.linux.PrivateThread.Isolation;

/**
 * A thread whose working directory is one folder for good, for calls that take only short paths. It is made when it is first
 * needed and ends when it has not been for a while: making one takes as long as the call that it is for.
 */
public final class FolderThread implements AutoCloseable {
    private static final long IDLE_SECONDS = 5;
    private static final long LONGEST_END_SECONDS = 5;

    private final Syscalls linux;
    private final String folder;
    private ThreadPoolExecutor thread;

    /** Why the thread is not in the folder, if so; written by it before its first task. */
    private volatile SyscallException failure;

    /** @param folder the path of the folder */
    public FolderThread(Syscalls linux, String folder) {
        this.linux = linux;
        this.folder = folder;
    }

    /** Runs a task there and waits for it. The exceptions are those of {@link PrivateThread#call}. */
    public <T> T call(Duration limit, Callable<T> task) throws IOException {
        ThreadPoolExecutor executor;
        Future<T> result;
        synchronized (this) {
            executor = executor();
            result = executor.submit(() -> {
                if (failure != null) {
                    throw failure;
                }
                return task.call();
            });
        }
        var done = false;
        try {
            var answer = PrivateThread.await(result, limit);
            done = true;
            return answer;
        } finally {
            if (!done) {
                // it may hang, or be where it should not: the next one gets another
                result.cancel(true);
                abandon(executor);
            }
        }
    }

    private ThreadPoolExecutor executor() {
        if (thread == null) {
            thread = new ThreadPoolExecutor(
                    1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::thread);
            thread.allowCoreThreadTimeOut(true);
        }
        return thread;
    }

    private Thread thread(Runnable tasks) {
        return PrivateThread.thread(() -> {
            failure = enter();
            tasks.run();
        });
    }

    private SyscallException enter() {
        try {
            PrivateThread.separate(linux, Isolation.WORKING_DIRECTORY);
            var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY;
            try (var fd = Fd.open(linux, FileCalls.AT_FDCWD, folder, flags, 0)) {
                Errno.check(linux.fchdir(fd.number()), "fchdir", folder);
            }
            return null;
        } catch (SyscallException e) {
            return e;
        }
    }

    private synchronized void abandon(ThreadPoolExecutor executor) {
        executor.shutdown();
        if (thread == executor) {
            thread = null;
        }
    }

    /** Ends the thread. What still runs is interrupted. */
    @Override
    public void close() {
        ThreadPoolExecutor last;
        synchronized (this) {
            last = thread;
            thread = null;
        }
        if (last == null) {
            return;
        }
        last.shutdownNow();
        try {
            last.awaitTermination(LONGEST_END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
