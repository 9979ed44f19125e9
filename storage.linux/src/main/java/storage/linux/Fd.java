package storage.linux;

import java.util.concurrent.atomic.AtomicInteger;

/** An open descriptor that is closed once. */
public final class Fd implements AutoCloseable {
    private final Syscalls linux;
    private final AtomicInteger number;

    /** Whether it is somebody else's, who closes it. */
    private final boolean lent;

    private Fd(Syscalls linux, int number, boolean lent) {
        this.linux = linux;
        this.number = new AtomicInteger(number);
        this.lent = lent;
    }

    /** Takes over a descriptor. */
    public static Fd of(Syscalls linux, int number) {
        return new Fd(linux, number, false);
    }

    /** A descriptor that stays open when this is closed; whoever opened it closes it, later. */
    public static Fd lent(Syscalls linux, int number) {
        return new Fd(linux, number, true);
    }

    /** Opens below a directory; {@code O_CLOEXEC} is added. */
    public static Fd open(Syscalls linux, int dirfd, String path, int flags, int mode) throws SyscallException {
        var fd = linux.openat(dirfd, storage.api.FileNames.encode(path), flags | FileCalls.O_CLOEXEC, mode);
        return of(linux, Errno.check(fd, "openat", path));
    }

    /** Opens a directory for reading its entries and for calls relative to it; a symbolic link at the end is refused. */
    public static Fd directory(Syscalls linux, String path) throws SyscallException {
        return open(
                linux, FileCalls.AT_FDCWD, path, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW, 0);
    }

    /** The number, for calls. */
    public int number() {
        return number.get();
    }

    @Override
    public void close() {
        var fd = number.getAndSet(-1);
        if (fd >= 0 && !lent) {
            linux.close(fd);
        }
    }
}
