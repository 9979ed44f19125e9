package storage.overlay.support;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import storage.api.FileNames;
import storage.api.LayerFiles;
import storage.api.StorageException;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FdInputStream;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** The regular files below a folder. */
public final class FolderFiles implements LayerFiles {
    private static final long RESOLVE =
            FileCalls.RESOLVE_BENEATH | FileCalls.RESOLVE_NO_SYMLINKS | FileCalls.RESOLVE_NO_XDEV;

    /** Not blocking, because what is named may be a fifo. */
    private static final int FLAGS =
            FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK | FileCalls.O_CLOEXEC;

    private static final int FOLDER = FileCalls.O_PATH | FileCalls.O_DIRECTORY | FLAGS;

    private final Syscalls linux;
    private final Fd folder;

    /** @param folder is closed with this */
    public FolderFiles(Syscalls linux, Fd folder) {
        this.linux = linux;
        this.folder = folder;
    }

    @Override
    public InputStream open(String path) throws IOException {
        var name = path.startsWith("/") ? path.substring(1) : path;
        if (Arrays.asList(name.split("/", -1)).contains("..")) {
            throw missing(path);
        }
        var fd = linux.openat2(folder.number(), FileNames.encode(name), FLAGS, 0, RESOLVE);
        if (fd == -Errno.ENOSYS || fd == -Errno.EPERM) {
            fd = stepByStep(name);
        }
        switch (-fd) {
            case Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.EXDEV, Errno.ENXIO -> throw missing(path);
            default -> Errno.check(fd, "openat2", path);
        }
        var stat = new Stat();
        var result = linux.stat(fd, new byte[0], FileCalls.AT_EMPTY_PATH, stat);
        if (result < 0 || !stat.isRegular()) {
            linux.close(fd);
            Errno.check(result, "stat", path);
            throw missing(path);
        }
        return FdInputStream.owning(linux, fd);
    }

    /** For kernels and sandboxes without openat2. */
    private int stepByStep(String path) throws SyscallException {
        var parts = path.split("/+", -1);
        var at = Fd.of(linux, linux.dup(folder.number()));
        try {
            for (var i = 0; i < parts.length; i++) {
                var last = i == parts.length - 1;
                var fd = linux.openat(at.number(), FileNames.encode(parts[i]), last ? FLAGS : FOLDER, 0);
                if (fd < 0 || last) {
                    return fd;
                }
                at.close();
                at = Fd.of(linux, fd);
            }
            return -Errno.ENOENT;
        } finally {
            at.close();
        }
    }

    private static StorageException missing(String path) {
        return StorageException.of(StorageException.Kind.NOT_FOUND, "The layer itself holds no regular file " + path);
    }

    @Override
    public void close() {
        folder.close();
    }
}
