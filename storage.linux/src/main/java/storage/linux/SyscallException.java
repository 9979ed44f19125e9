package storage.linux;

import java.io.IOException;

/** A system call failed that was expected to work. */
public final class SyscallException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final String path;
    private final int errno;

    public SyscallException(String call, String path, int errno) {
        super(call + (path.isEmpty() ? "" : " " + path) + ": " + Errno.message(errno) + " (" + Errno.name(errno) + ")");
        this.call = call;
        this.path = path;
        this.errno = errno;
    }

    /** The call, such as {@code openat}. */
    public String call() {
        return call;
    }

    /** What it was called on, empty if on nothing that has a name. */
    public String path() {
        return path;
    }

    /** The error number, errno(3). */
    public int errno() {
        return errno;
    }
}
