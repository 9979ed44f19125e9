package storage.common.io;

import java.io.IOException;
import java.nio.file.Path;
import storage.api.StorageException;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Folders of ours below a data root: made where missing, and mode and owner put right each time, because a root that
 * others may enter gives them every file of every layer (CVE-2021-41091).
 */
public final class HomeFolder {
    /** A driver's home: the group, which the engine leaves to root, may pass through but not list. */
    public static final int HOME_MODE = 0710;

    /** What concerns nobody else. */
    public static final int STATE_MODE = 0700;

    private HomeFolder() {}

    /**
     * Makes a folder with all that is missing above it, or corrects one that is there. An ordinary user's folders are
     * his own, mode 0700 whatever was asked for.
     *
     * @param mode permission bits, {@link #HOME_MODE} or {@link #STATE_MODE}
     * @param uid the owner on the host, usually {@code IdMaps.rootUid()}
     * @param gid the owning group on the host
     * @throws StorageException PERMISSION if it is somebody else's
     */
    public static void ensure(Syscalls linux, Path folder, int mode, long uid, long gid) throws IOException {
        make(linux, folder);
        var root = linux.geteuid() == 0;
        try (var fd = open(linux, folder)) {
            var stat = new Stat();
            Errno.check(linux.stat(fd.number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat), "stat", folder.toString());
            if (!root && stat.uid != linux.geteuid()) {
                throw StorageException.of(
                        StorageException.Kind.PERMISSION,
                        "The folder " + folder + " belongs to user " + Integer.toUnsignedString(stat.uid),
                        "Run as that user or as root, or choose another root");
            }
            if (root && (stat.uid != (int) uid || stat.gid != (int) gid)) {
                Errno.check(linux.fchown(fd.number(), (int) uid, (int) gid), "fchown", folder.toString());
            }
            var wanted = root ? mode : 0700;
            if (stat.permissions() != wanted) {
                Errno.check(linux.fchmod(fd.number(), wanted), "fchmod", folder.toString());
            }
        }
    }

    /** Makes a data root, as an engine would, where there is none; one that is there is its owner's business. */
    public static void ensureRoot(Syscalls linux, Path root) throws IOException {
        if (root.getParent() != null) {
            make(linux, root.getParent());
        }
        var result = linux.mkdirat(FileCalls.AT_FDCWD, bytes(root), linux.geteuid() == 0 ? HOME_MODE : 0700);
        if (result != -Errno.EEXIST) {
            Errno.check(result, "mkdirat", root.toString());
        }
    }

    /** Makes what is missing, from the top; what is there stays as it is. */
    private static void make(Syscalls linux, Path folder) throws IOException {
        var result = linux.mkdirat(FileCalls.AT_FDCWD, bytes(folder), 0755);
        if (result == -Errno.ENOENT && folder.getParent() != null) {
            make(linux, folder.getParent());
            result = linux.mkdirat(FileCalls.AT_FDCWD, bytes(folder), 0755);
        }
        if (result != -Errno.EEXIST) {
            Errno.check(result, "mkdirat", folder.toString());
        }
    }

    private static Fd open(Syscalls linux, Path folder) throws IOException {
        return Fd.open(
                linux, FileCalls.AT_FDCWD, PathBytes.text(folder), FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, 0);
    }

    private static byte[] bytes(Path path) {
        return PathBytes.of(path);
    }
}
