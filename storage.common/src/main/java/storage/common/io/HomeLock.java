package storage.common.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import storage.api.StorageException;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/**
 * The right to write to a store: an flock(2) on a file that says who holds it. The kernel gives it up with the process,
 * however that ends; the file stays and is never removed, because a removed one could be locked twice.
 */
public final class HomeLock implements AutoCloseable {
    /** How long the holder may take from the lock to its name in the file, in steps of so many milliseconds. */
    private static final int SIGNING_STEPS = 30;

    private static final int SIGNING_MILLIS = 10;

    private final Syscalls linux;
    private final Fd file;

    private HomeLock(Syscalls linux, Fd file) {
        this.linux = linux;
        this.file = file;
    }

    /**
     * Takes the lock without waiting for another holder to end.
     *
     * @param file the lock file; its folder exists
     * @param what what is locked, for the message
     * @throws StorageException LOCKED, naming the process, if another opening holds it
     */
    public static HomeLock take(Syscalls linux, Path file, String what) throws IOException {
        var flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_NOFOLLOW;
        var fd = Fd.open(linux, FileCalls.AT_FDCWD, PathBytes.text(file), flags, 0600);
        try {
            Errno.check(lock(linux, fd, file, what), "flock", file.toString());
            sign(linux, fd, file);
            return new HomeLock(linux, fd);
        } catch (IOException | RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /** Over the old text in place: the lock is on this very file, so it cannot be replaced. */
    private static void sign(Syscalls linux, Fd fd, Path file) throws IOException {
        var text = JsonFile.bytes(ProcessName.current());
        var buffer = ByteBuffer.allocateDirect(text.length).put(text).flip();
        Errno.check(linux.ftruncate(fd.number(), 0), "ftruncate", file.toString());
        Errno.check(linux.pwrite(fd.number(), buffer, 0), "pwrite", file.toString());
    }

    /**
     * Fails as soon as the holder is known. Between the lock and the name in the file there is a moment, and before it
     * there may be the name of an earlier holder: the kernel knows the number of the right one, so its name is waited for.
     * A holder that ends meanwhile is none any more.
     */
    private static int lock(Syscalls linux, Fd fd, Path file, String what) throws StorageException {
        for (var step = 0; ; step++) {
            var result = linux.flock(fd.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
            if (result != -Errno.EAGAIN) {
                return result;
            }
            var pid = FileLocks.holder(file);
            var name = holder(file).filter(named -> pid.isEmpty() || pid.getAsLong() == named.pid());
            if (name.isPresent()) {
                throw locked(what, "process " + name.get());
            }
            if (step == SIGNING_STEPS || !pause()) {
                throw locked(what, pid.isPresent() ? "process " + pid.getAsLong() : "another process");
            }
        }
    }

    /** @return false if the thread is to stop */
    private static boolean pause() {
        try {
            Thread.sleep(SIGNING_MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static StorageException locked(String what, String who) {
        return StorageException.of(
                StorageException.Kind.LOCKED,
                what + " is being written to by " + who,
                "Wait for it to end or stop it; commands that only read work beside it");
    }

    /** Who holds a lock, if its file tells; empty where the text is of a process that has ended. */
    public static Optional<ProcessName> holder(Path file) {
        try {
            return JsonFile.read(file, ProcessName.class).filter(ProcessName::isAlive);
        } catch (IOException e) {
            // written at this very moment, or not ours to read: the message does without
            return Optional.empty();
        }
    }

    /** Gives the lock up, and first takes the name out: the process may live on. */
    @Override
    public void close() {
        linux.ftruncate(file.number(), 0);
        file.close();
    }
}
