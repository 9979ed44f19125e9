package storage.common.store;

import java.io.IOException;
import java.util.Arrays;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.Fd;
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

    /** Gives a directory the mode, owner and extended attributes of another, other than those of overlay itself. */
    public static void copy(Syscalls linux, Fd from, Fd to) throws IOException {
        var source = new Stat();
        var target = new Stat();
        stat(linux, from, source);
        stat(linux, to, target);
        if (source.uid != target.uid || source.gid != target.gid) {
            Errno.check(linux.fchown(to.number(), source.uid, source.gid), "fchown", "of the layer's root");
        }
        if (source.permissions() != target.permissions()) {
            Errno.check(linux.fchmod(to.number(), source.permissions()), "fchmod", "of the layer's root");
        }
        copyXattrs(linux, from.number(), to.number());
    }

    private static void stat(Syscalls linux, Fd fd, Stat into) throws IOException {
        var result = linux.stat(fd.number(), new byte[0], FileCalls.AT_EMPTY_PATH, into);
        Errno.check(result, "stat", "of the parent's root");
    }

    private static void copyXattrs(Syscalls linux, int from, int to) throws IOException {
        var length = linux.flistxattr(from, new byte[0]);
        if (length <= 0) {
            return; // none, or a filesystem that has none
        }
        var names = new byte[length];
        var listed = Errno.check(linux.flistxattr(from, names), "flistxattr", "of the parent's root");
        for (var start = 0; start < listed; ) {
            var end = start;
            while (end < listed && names[end] != 0) {
                end++;
            }
            copyXattr(linux, from, to, Arrays.copyOfRange(names, start, end));
            start = end + 1;
        }
    }

    private static void copyXattr(Syscalls linux, int from, int to, byte[] name) throws IOException {
        if (Arrays.mismatch(name, OVERLAY) == OVERLAY.length) {
            return;
        }
        var size = Errno.check(linux.fgetxattr(from, name, new byte[0]), "fgetxattr", FileNames.decode(name));
        var value = new byte[size];
        if (size > 0) {
            Errno.check(linux.fgetxattr(from, name, value), "fgetxattr", FileNames.decode(name));
        }
        Errno.check(linux.fsetxattr(to, name, value, 0), "fsetxattr", FileNames.decode(name));
    }
}
