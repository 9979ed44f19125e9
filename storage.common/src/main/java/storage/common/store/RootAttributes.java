package storage.common.store;

import java.io.IOException;
import java.util.Arrays;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Hands the attributes of a tree's root on to the root of a child. In a mounted union the root is that of the topmost
 * directory, so a new one that is on top must look like the one below it, or every child would reset the root's mode.
 */
public final class RootAttributes {
    private static final byte[] OVERLAY = FileNames.encode("trusted.overlay.");

    private RootAttributes() {}

    /**
     * Gives a directory the mode, owner and extended attributes of another, other than those of overlay itself.
     *
     * @param from the path of a directory that nobody but us can put something else in the place of
     * @param to the path of another such
     */
    public static void copy(Syscalls linux, byte[] from, byte[] to) throws IOException {
        var source = stat(linux, from);
        var target = stat(linux, to);
        if (source.uid != target.uid || source.gid != target.gid) {
            var flags = FileCalls.AT_SYMLINK_NOFOLLOW;
            var result = linux.fchownat(FileCalls.AT_FDCWD, to, source.uid, source.gid, flags);
            Errno.check(result, "fchownat", FileNames.decode(to));
        }
        if (source.permissions() != target.permissions()) {
            var result = linux.fchmodat(FileCalls.AT_FDCWD, to, source.permissions());
            Errno.check(result, "fchmodat", FileNames.decode(to));
        }
        copyXattrs(linux, from, to);
    }

    private static Stat stat(Syscalls linux, byte[] path) throws IOException {
        var stat = new Stat();
        var result = linux.stat(FileCalls.AT_FDCWD, path, FileCalls.AT_SYMLINK_NOFOLLOW, stat);
        Errno.check(result, "stat", FileNames.decode(path));
        return stat;
    }

    private static void copyXattrs(Syscalls linux, byte[] from, byte[] to) throws IOException {
        var length = linux.llistxattr(from, new byte[0]);
        if (length <= 0) {
            return; // none, or a filesystem that has none
        }
        var names = new byte[length];
        var listed = Errno.check(linux.llistxattr(from, names), "llistxattr", FileNames.decode(from));
        for (var start = 0; start < listed; ) {
            var end = start;
            while (end < listed && names[end] != 0) {
                end++;
            }
            copyXattr(linux, from, to, Arrays.copyOfRange(names, start, end));
            start = end + 1;
        }
    }

    private static void copyXattr(Syscalls linux, byte[] from, byte[] to, byte[] name) throws IOException {
        if (Arrays.mismatch(name, OVERLAY) == OVERLAY.length) {
            return;
        }
        var size = Errno.check(linux.lgetxattr(from, name, new byte[0]), "lgetxattr", FileNames.decode(name));
        var value = new byte[size];
        if (size > 0) {
            Errno.check(linux.lgetxattr(from, name, value), "lgetxattr", FileNames.decode(name));
        }
        Errno.check(linux.lsetxattr(to, name, value, 0), "lsetxattr", FileNames.decode(name));
    }
}
