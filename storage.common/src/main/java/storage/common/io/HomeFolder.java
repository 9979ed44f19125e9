package storage.common.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
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

    /** Only owners rename and remove what lies in such a folder, inode(7). */
    private static final int STICKY = 01000;

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

    /**
     * Makes a data root, as an engine would, where there is none; one that is there is its owner's business.
     *
     * @param gid the group on the host that may pass through, usually {@code IdMaps.rootGid()}
     * @throws StorageException INVALID if something else than a folder is in its place
     */
    public static void ensureRoot(Syscalls linux, Path root, long gid) throws IOException {
        if (root.getParent() != null) {
            make(linux, root.getParent());
        }
        var result = linux.mkdirat(FileCalls.AT_FDCWD, bytes(root), linux.geteuid() == 0 ? HOME_MODE : 0700);
        if (result != -Errno.EEXIST) {
            Errno.check(result, "mkdirat", root.toString());
            if (linux.geteuid() == 0 && gid != 0) {
                ensure(linux, root, HOME_MODE, 0, gid);
            }
            return;
        }
        var fd = linux.openat(
                FileCalls.AT_FDCWD, bytes(root), FileCalls.O_PATH | FileCalls.O_DIRECTORY | FileCalls.O_CLOEXEC, 0);
        if (fd == -Errno.ENOTDIR || fd == -Errno.ENOENT) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The root " + root + (fd == -Errno.ENOENT ? " is a link that leads nowhere" : " is no folder"),
                    "Choose another root");
        }
        linux.close(Errno.check(fd, "openat", root.toString()));
    }

    /**
     * Who else could put something of his own into the place of a driver's home, as a sentence: a root that belongs to
     * another user than root and this one, or that everybody may write to.
     */
    public static Optional<String> exposure(Syscalls linux, Path root) {
        var stat = new Stat();
        if (linux.stat(FileCalls.AT_FDCWD, bytes(root), 0, stat) < 0) {
            return Optional.empty();
        }
        if (stat.uid != 0 && stat.uid != linux.geteuid()) {
            return Optional.of("The root " + root + " belongs to user " + Integer.toUnsignedString(stat.uid)
                    + ", who can put anything in the place of what lies in it");
        }
        var open = (stat.permissions() & 0002) != 0 && (stat.permissions() & STICKY) == 0;
        return open
                ? Optional.of("The root " + root + " can be written to by everybody (mode "
                        + Integer.toOctalString(stat.permissions()) + ")")
                : Optional.empty();
    }

    /**
     * What keeps the root of an id map from its layers, as a sentence: a folder on the way to a root that it may not pass
     * through. Containers do not start then, and the engine says no more than "permission denied".
     *
     * @param uid of that root on the host
     * @param gid of its group on the host
     */
    public static Optional<String> obstacle(Syscalls linux, Path root, long uid, long gid) {
        var stat = new Stat();
        for (var folder = root; uid != 0 && folder != null; folder = folder.getParent()) {
            if (linux.stat(FileCalls.AT_FDCWD, bytes(folder), 0, stat) < 0) {
                continue;
            }
            var mask = stat.uid == (int) uid ? 0100 : stat.gid == (int) gid ? 0010 : 0001;
            if ((stat.permissions() & mask) == 0) {
                return Optional.of("User " + uid + ", who is root in the containers, cannot pass through " + folder
                        + " (mode " + Integer.toOctalString(stat.permissions()) + "), and so cannot reach its layers");
            }
        }
        return Optional.empty();
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
