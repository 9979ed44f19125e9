package storage.linux;

import storage.api.StorageException;

/** Error numbers of the kernel (asm-generic/errno-base.h, asm-generic/errno.h) and what to make of them. */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int E2BIG = 7;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int ENOTBLK = 15;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int EMFILE = 24;
    public static final int ENOTTY = 25;
    public static final int ETXTBSY = 26;
    public static final int EFBIG = 27;
    public static final int ENOSPC = 28;
    public static final int EROFS = 30;
    public static final int EMLINK = 31;
    public static final int ERANGE = 34;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;
    public static final int ENODATA = 61;
    public static final int EOVERFLOW = 75;
    public static final int EOPNOTSUPP = 95;
    public static final int ESTALE = 116;
    public static final int EDQUOT = 122;

    private Errno() {}

    /** The result itself if the call worked, an exception if it is {@code -errno}. */
    public static int check(int result, String call, String path) throws SyscallException {
        if (result < 0) {
            throw new SyscallException(call, path, -result);
        }
        return result;
    }

    /** The result itself if the call worked, an exception if it is {@code -errno}. */
    public static long check(long result, String call, String path) throws SyscallException {
        if (result < 0) {
            throw new SyscallException(call, path, (int) -result);
        }
        return result;
    }

    /** The kind of storage exception that fits an error number. */
    public static StorageException.Kind kind(int errno) {
        return switch (errno) {
            case ENOENT -> StorageException.Kind.NOT_FOUND;
            case EEXIST -> StorageException.Kind.ALREADY_EXISTS;
            case EBUSY, ETXTBSY -> StorageException.Kind.IN_USE;
            case EPERM, EACCES, EROFS -> StorageException.Kind.PERMISSION;
            case ENOSPC, EDQUOT -> StorageException.Kind.NO_SPACE;
            case ENOSYS, EOPNOTSUPP -> StorageException.Kind.NOT_SUPPORTED;
            default -> StorageException.Kind.IO;
        };
    }

    /** The constant's name, such as {@code ENOENT}; {@code errno 200} for one that is not listed here. */
    public static String name(int errno) {
        return ErrnoText.name(errno);
    }

    /** A short text, such as {@code no such file or directory}. */
    public static String message(int errno) {
        return ErrnoText.message(errno);
    }
}
