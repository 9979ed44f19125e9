package storage.aufs;

import java.io.IOException;
import java.nio.file.Path;
import storage.api.StoreInfo;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** What is there of a path, open: the folder itself or the nearest above it. */
record NearestFolder(Path path, Fd fd) implements AutoCloseable {
    static NearestFolder of(Syscalls linux, Path path) throws SyscallException {
        for (var at = path; ; at = at.getParent()) {
            var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_CLOEXEC;
            var fd = linux.openat(FileCalls.AT_FDCWD, PathBytes.of(at), flags, 0);
            if (fd != -Errno.ENOENT || at.getParent() == null) {
                return new NearestFolder(at, Fd.of(linux, Errno.check(fd, "openat", PathBytes.text(at))));
            }
        }
    }

    /** Where something can be tried: beside the home rather than in it, if that is the same filesystem. It is the engine's. */
    static NearestFolder beside(Syscalls linux, StoreInfo info, NearestFolder home) throws IOException {
        if (home.path().equals(info.home())) {
            var root = of(linux, info.root());
            if (root.device(linux) == home.device(linux)) {
                return root;
            }
            root.close();
        }
        return of(linux, home.path());
    }

    int number() {
        return fd.number();
    }

    private long device(Syscalls linux) throws IOException {
        var stat = new Stat();
        var result = linux.stat(number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat);
        Errno.check(result, "stat", PathBytes.text(path));
        return stat.device;
    }

    @Override
    public void close() {
        fd.close();
    }
}
