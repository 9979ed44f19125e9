package storage.linux;

import java.util.Map;

/** Names and texts of error numbers; kept apart from the constants so that they are loaded only when something failed. */
final class ErrnoText {
    private record Text(String name, String message) {}

    private static final Map<Integer, Text> TEXTS = Map.ofEntries(
            Map.entry(Errno.EPERM, new Text("EPERM", "operation not permitted")),
            Map.entry(Errno.ENOENT, new Text("ENOENT", "no such file or directory")),
            Map.entry(Errno.EINTR, new Text("EINTR", "interrupted by a signal")),
            Map.entry(Errno.EIO, new Text("EIO", "input/output error")),
            Map.entry(Errno.ENXIO, new Text("ENXIO", "no such device or address")),
            Map.entry(Errno.E2BIG, new Text("E2BIG", "argument list too long")),
            Map.entry(Errno.EBADF, new Text("EBADF", "bad file descriptor")),
            Map.entry(Errno.EAGAIN, new Text("EAGAIN", "temporarily unavailable")),
            Map.entry(Errno.ENOMEM, new Text("ENOMEM", "out of memory")),
            Map.entry(Errno.EACCES, new Text("EACCES", "permission denied")),
            Map.entry(Errno.ENOTBLK, new Text("ENOTBLK", "not a block device")),
            Map.entry(Errno.EBUSY, new Text("EBUSY", "device or resource busy")),
            Map.entry(Errno.EEXIST, new Text("EEXIST", "already exists")),
            Map.entry(Errno.EXDEV, new Text("EXDEV", "would cross from one filesystem to another")),
            Map.entry(Errno.ENODEV, new Text("ENODEV", "no such device or filesystem type")),
            Map.entry(Errno.ENOTDIR, new Text("ENOTDIR", "not a directory")),
            Map.entry(Errno.EISDIR, new Text("EISDIR", "is a directory")),
            Map.entry(Errno.EINVAL, new Text("EINVAL", "invalid argument")),
            Map.entry(Errno.EMFILE, new Text("EMFILE", "too many open files")),
            Map.entry(Errno.ENOTTY, new Text("ENOTTY", "the device does not know this request")),
            Map.entry(Errno.ETXTBSY, new Text("ETXTBSY", "file is being executed")),
            Map.entry(Errno.EFBIG, new Text("EFBIG", "file too large")),
            Map.entry(Errno.ENOSPC, new Text("ENOSPC", "no space left on device")),
            Map.entry(Errno.EROFS, new Text("EROFS", "read-only filesystem")),
            Map.entry(Errno.EMLINK, new Text("EMLINK", "too many links")),
            Map.entry(Errno.ERANGE, new Text("ERANGE", "result too large")),
            Map.entry(Errno.ENAMETOOLONG, new Text("ENAMETOOLONG", "file name too long")),
            Map.entry(Errno.ENOSYS, new Text("ENOSYS", "the kernel does not have this call")),
            Map.entry(Errno.ENOTEMPTY, new Text("ENOTEMPTY", "directory not empty")),
            Map.entry(Errno.ELOOP, new Text("ELOOP", "too many symbolic links")),
            Map.entry(Errno.ENODATA, new Text("ENODATA", "no such attribute")),
            Map.entry(Errno.EOVERFLOW, new Text("EOVERFLOW", "value too large")),
            Map.entry(Errno.EOPNOTSUPP, new Text("EOPNOTSUPP", "operation not supported")),
            Map.entry(Errno.ESTALE, new Text("ESTALE", "stale file handle")),
            Map.entry(Errno.EDQUOT, new Text("EDQUOT", "quota exceeded")));

    private ErrnoText() {}

    static String name(int errno) {
        var text = TEXTS.get(errno);
        return text == null ? "errno " + errno : text.name();
    }

    static String message(int errno) {
        var text = TEXTS.get(errno);
        return text == null ? "error " + errno : text.message();
    }
}
