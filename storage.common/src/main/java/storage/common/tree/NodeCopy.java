package storage.common.tree;

import java.util.List;
import java.util.function.Predicate;
import storage.api.FileNames;
import storage.common.Xattr;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Copies one file of any kind but a directory, with all its attributes, and attributes alone onto a directory. */
public final class NodeCopy {
    /** Hears of what the kernel does not allow; a call that it is asked about fails if it does not take it. */
    public interface Denied {
        /** Nothing is taken. */
        Denied NOTHING = (name, stat, xattrs) -> false;

        /**
         * Takes note of a file that could not be made as it should be.
         *
         * @param name in the directory that is being copied to; null for the directory itself
         * @param stat of the source
         * @param xattrs that could not be set, empty if it was the owner or the device
         */
        boolean note(byte[] name, Stat stat, List<Xattr> xattrs) throws SyscallException;
    }

    private static final int READ = Syscalls.O_RDONLY | Syscalls.O_NOFOLLOW | Syscalls.O_CLOEXEC | Syscalls.O_NONBLOCK;
    private static final int CREATE =
            Syscalls.O_WRONLY | Syscalls.O_CREAT | Syscalls.O_EXCL | Syscalls.O_NOFOLLOW | Syscalls.O_CLOEXEC;

    private final Syscalls linux;
    private final FileCopy files;
    private final Xattrs xattrs;
    private final Predicate<byte[]> wanted;
    private final Denied denied;
    private final int uid;
    private final int gid;

    /** @param wanted which extended attributes are copied, by name */
    public NodeCopy(Syscalls linux, Predicate<byte[]> wanted, Denied denied) {
        this.linux = linux;
        this.files = new FileCopy(linux);
        this.xattrs = new Xattrs(linux);
        this.wanted = wanted;
        this.denied = denied;
        this.uid = linux.geteuid();
        this.gid = linux.getegid();
    }

    /**
     * Copies a file.
     *
     * @param stat of the source
     * @return 0, or {@code -EEXIST}
     */
    public int copy(int fromDir, byte[] name, Stat stat, int toDir, byte[] toName) throws SyscallException {
        return switch (stat.type()) {
            case Stat.S_IFREG -> regular(fromDir, name, stat, toDir, toName);
            case Stat.S_IFLNK -> symlink(fromDir, name, stat, toDir, toName);
            default -> special(fromDir, name, stat, toDir, toName);
        };
    }

    private int regular(int fromDir, byte[] name, Stat stat, int toDir, byte[] toName) throws SyscallException {
        var from = openToRead(linux, fromDir, name, stat, READ);
        try {
            var to = linux.openat(toDir, toName, CREATE, 0600);
            if (to == -Errno.EEXIST) {
                return to;
            }
            Errno.check(to, "openat", FileNames.decode(toName));
            try {
                files.content(from, to, stat);
                attributes(from, to, toName, stat);
            } finally {
                linux.close(to);
            }
        } finally {
            linux.close(from);
        }
        return 0;
    }

    /** Opens a file that its owner may not read by letting them read it for a moment; root needs no such thing. */
    static int openToRead(Syscalls linux, int dirfd, byte[] name, Stat stat, int flags) throws SyscallException {
        var fd = linux.openat(dirfd, name, flags, 0);
        if (fd == -Errno.EACCES && linux.geteuid() == stat.uid) {
            Errno.check(linux.fchmodat(dirfd, name, stat.permissions() | 0700), "fchmodat", FileNames.decode(name));
            fd = linux.openat(dirfd, name, flags, 0);
            linux.fchmodat(dirfd, name, stat.permissions());
        }
        return Errno.check(fd, "openat", FileNames.decode(name));
    }

    /** Opens a regular file or directory of a tree for reading, whatever its mode, if the kernel lets us at all. */
    public static int openToRead(Syscalls linux, int dirfd, byte[] name, Stat stat) throws SyscallException {
        return openToRead(linux, dirfd, name, stat, READ);
    }

    /**
     * Copies owner, mode, extended attributes and times from one open file or directory to another.
     *
     * @param name for {@link Denied}
     * @param stat of the source
     */
    public void attributes(int from, int to, byte[] name, Stat stat) throws SyscallException {
        // in this order: a change of owner takes set-user-id and capabilities away
        if (stat.uid != uid || stat.gid != gid || uid == 0) {
            owner(linux.fchown(to, stat.uid, stat.gid), name, stat);
        }
        // before the mode, which may forbid a file's owner to write to it
        for (var xattr : xattrs.of(from)) {
            if (wanted.test(xattr.name())) {
                set(linux.fsetxattr(to, xattr.name(), xattr.value(), 0), name, stat, xattr);
            }
        }
        Errno.check(linux.fchmod(to, stat.permissions()), "fchmod", "");
        Errno.check(
                linux.futimens(to, stat.accessedSeconds, stat.accessedNanos, stat.modifiedSeconds, stat.modifiedNanos),
                "utimensat",
                "");
    }

    private void owner(int result, byte[] name, Stat stat) throws SyscallException {
        if ((result == -Errno.EPERM || result == -Errno.EINVAL) && denied.note(name, stat, List.of())) {
            return;
        }
        Errno.check(result, "fchownat", name == null ? "" : FileNames.decode(name));
    }

    private void set(int result, byte[] name, Stat stat, Xattr xattr) throws SyscallException {
        if (result == -Errno.EPERM && denied.note(name, stat, List.of(xattr))
                || result == -Errno.EOPNOTSUPP
                || result == -Errno.EPERM && !XattrRules.isContent(xattr.name())) {
            return;
        }
        Errno.check(result, "setxattr", FileNames.decode(xattr.name()));
    }

    private int symlink(int fromDir, byte[] name, Stat stat, int toDir, byte[] toName) throws SyscallException {
        var target = readLink(linux, fromDir, name);
        var result = linux.symlinkat(target, toDir, toName);
        if (result == -Errno.EEXIST) {
            return result;
        }
        Errno.check(result, "symlinkat", FileNames.decode(toName));
        unopened(fromDir, name, stat, toDir, toName);
        return 0;
    }

    /** The target of a symbolic link. */
    public static byte[] readLink(Syscalls linux, int dirfd, byte[] name) throws SyscallException {
        var target = new byte[4096];
        var length = Errno.check(linux.readlinkat(dirfd, name, target), "readlinkat", FileNames.decode(name));
        return java.util.Arrays.copyOf(target, length);
    }

    private int special(int fromDir, byte[] name, Stat stat, int toDir, byte[] toName) throws SyscallException {
        var result = linux.mknodat(toDir, toName, stat.type() | 0600, stat.special);
        if (result == -Errno.EEXIST) {
            return result;
        }
        if (result == -Errno.EPERM && denied.note(toName, stat, List.of())) {
            var fd = Errno.check(linux.openat(toDir, toName, CREATE, 0), "openat", FileNames.decode(toName));
            linux.close(fd);
            return 0;
        }
        Errno.check(result, "mknodat", FileNames.decode(toName));
        unopened(fromDir, name, stat, toDir, toName);
        return 0;
    }

    /** Attributes of what cannot be opened without effects: links, devices, fifos, sockets. */
    private void unopened(int fromDir, byte[] name, Stat stat, int toDir, byte[] toName) throws SyscallException {
        if (stat.uid != uid || stat.gid != gid || uid == 0) {
            owner(linux.fchownat(toDir, toName, stat.uid, stat.gid, Syscalls.AT_SYMLINK_NOFOLLOW), toName, stat);
        }
        if (!stat.isSymlink()) {
            chmod(linux, toDir, toName, stat.permissions());
        }
        var all = xattrs.of(fromDir, name);
        if (!all.isEmpty()) {
            var path = Xattrs.path(toDir, toName);
            for (var xattr : all) {
                if (wanted.test(xattr.name())) {
                    set(linux.lsetxattr(path, xattr.name(), xattr.value(), 0), toName, stat, xattr);
                }
            }
        }
        Errno.check(
                linux.utimensat(
                        toDir,
                        toName,
                        stat.accessedSeconds,
                        stat.accessedNanos,
                        stat.modifiedSeconds,
                        stat.modifiedNanos,
                        Syscalls.AT_SYMLINK_NOFOLLOW),
                "utimensat",
                FileNames.decode(toName));
    }

    /** Sets the mode of a file that must not be opened, and of nothing that a link in its place may point to. */
    public static void chmod(Syscalls linux, int dirfd, byte[] name, int mode) throws SyscallException {
        var flags = Syscalls.O_PATH | Syscalls.O_NOFOLLOW | Syscalls.O_CLOEXEC;
        var fd = Errno.check(linux.openat(dirfd, name, flags, 0), "openat", FileNames.decode(name));
        try {
            Errno.check(linux.fchmodat(Syscalls.AT_FDCWD, Xattrs.path(fd), mode), "fchmodat", FileNames.decode(name));
        } finally {
            linux.close(fd);
        }
    }
}
