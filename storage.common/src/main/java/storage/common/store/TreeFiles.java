package storage.common.store;

import java.io.IOException;
import java.io.InputStream;
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

/** The regular files below one directory, for {@code Backend.files}. Follows no link and leaves the directory nowhere. */
public final class TreeFiles implements LayerFiles {
    private final Syscalls linux;
    private final Fd root;

    /** @param root the directory; closed with this object */
    public TreeFiles(Syscalls linux, Fd root) {
        this.linux = linux;
        this.root = root;
    }

    @Override
    public InputStream open(String path) throws IOException {
        var fd = Fd.of(linux, find(path));
        try {
            var stat = new Stat();
            Errno.check(linux.stat(fd.number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat), "stat", path);
            if (!stat.isRegular()) {
                throw notFound(path);
            }
            return FdInputStream.owning(linux, fd.number());
        } catch (IOException | RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /** One directory after the other, so that it works on every kernel and in every sandbox. */
    private int find(String path) throws IOException {
        var at = Fd.of(linux, Errno.check(linux.dup(root.number()), "dup", path));
        try {
            var names = path.split("/+", -1);
            for (var i = 0; i < names.length - 1; i++) {
                if (!names[i].isEmpty()) {
                    var next = step(at, names[i], FileCalls.O_PATH | FileCalls.O_DIRECTORY, path);
                    at.close();
                    at = Fd.of(linux, next);
                }
            }
            // non-blocking: opening a fifo would wait for a writer
            return step(at, names[names.length - 1], FileCalls.O_RDONLY | FileCalls.O_NONBLOCK, path);
        } finally {
            at.close();
        }
    }

    private int step(Fd at, String name, int flags, String path) throws IOException {
        if (name.isEmpty() || ".".equals(name) || "..".equals(name)) {
            throw notFound(path);
        }
        var all = flags | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        var fd = linux.openat(at.number(), FileNames.encode(name), all, 0);
        if (fd == -Errno.ENOENT || fd == -Errno.ENOTDIR || fd == -Errno.ELOOP || fd == -Errno.ENXIO) {
            throw notFound(path);
        }
        if (fd < 0) {
            throw new SyscallException("openat", path, -fd);
        }
        return fd;
    }

    private static StorageException notFound(String path) {
        return StorageException.of(StorageException.Kind.NOT_FOUND, "The layer holds no regular file " + path);
    }

    @Override
    public void close() {
        root.close();
    }
}
