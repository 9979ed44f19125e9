package storage.overlay.diff;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import storage.api.FileNames;
import storage.common.Xattr;
import storage.common.tree.XattrRules;
import storage.common.tree.Xattrs;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Whether a file of an upper directory is still what it covers. The kernel copies a file up as soon as somebody opens it
 * for writing, whether he writes or not.
 */
final class FileComparison {
    private static final int CHUNK = 64 << 10;

    private final Syscalls linux;
    private final Xattrs xattrs;

    // made for the first pair that has to be read
    private ByteBuffer first;
    private ByteBuffer second;

    FileComparison(Syscalls linux) {
        this.linux = linux;
        this.xattrs = new Xattrs(linux);
    }

    /**
     * Compares a file with the one that it covers.
     *
     * @param dirfd and {@code name}: the file; {@code stat} is known
     * @param found and {@code path}: what it covers
     */
    boolean isSame(int dirfd, byte[] name, Stat stat, LowerView.Found found, byte[] path) throws IOException {
        var other = found.stat();
        if (stat.mode != other.mode || stat.uid != other.uid || stat.gid != other.gid) {
            return false;
        }
        if (!stat.isDirectory() && !isSameFile(stat, other)) {
            return false;
        }
        if (!isSameXattrs(dirfd, name, found.root(), path)) {
            return false;
        }
        return switch (stat.type()) {
            case Stat.S_IFREG -> isSameContent(dirfd, name, found.root(), path);
            case Stat.S_IFLNK -> Arrays.equals(target(dirfd, name), target(found.root(), path));
            default -> true;
        };
    }

    private static boolean isSameFile(Stat stat, Stat other) {
        return stat.size == other.size
                && stat.special == other.special
                && stat.modifiedSeconds == other.modifiedSeconds
                && stat.modifiedNanos == other.modifiedNanos;
    }

    private boolean isSameXattrs(int dirfd, byte[] name, int otherDirfd, byte[] path) throws IOException {
        var own = content(xattrs.of(dirfd, name));
        var other = content(xattrs.of(otherDirfd, path));
        if (own.size() != other.size()) {
            return false;
        }
        for (var i = 0; i < own.size(); i++) {
            if (!Arrays.equals(own.get(i).name(), other.get(i).name())
                    || !Arrays.equals(own.get(i).value(), other.get(i).value())) {
                return false;
            }
        }
        return true;
    }

    private static List<Xattr> content(List<Xattr> all) {
        return all.stream().filter(xattr -> XattrRules.isContent(xattr.name())).toList();
    }

    private byte[] target(int dirfd, byte[] name) throws IOException {
        var target = new byte[4096];
        return Arrays.copyOf(
                target, Errno.check(linux.readlinkat(dirfd, name, target), "readlinkat", FileNames.decode(name)));
    }

    private boolean isSameContent(int dirfd, byte[] name, int otherDirfd, byte[] path) throws IOException {
        if (first == null) {
            first = ByteBuffer.allocateDirect(CHUNK);
            second = ByteBuffer.allocateDirect(CHUNK);
        }
        try (var one = open(dirfd, name);
                var other = open(otherDirfd, path)) {
            while (true) {
                var count = fill(one, first);
                if (fill(other, second) != count || !first.equals(second)) {
                    return false;
                }
                if (count == 0) {
                    return true;
                }
            }
        }
    }

    private Fd open(int dirfd, byte[] path) throws IOException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK | FileCalls.O_CLOEXEC;
        return Fd.of(linux, Errno.check(linux.openat(dirfd, path, flags, 0), "openat", FileNames.decode(path)));
    }

    private int fill(Fd fd, ByteBuffer buffer) throws IOException {
        buffer.clear();
        while (buffer.hasRemaining() && Errno.check(linux.read(fd.number(), buffer), "read", "") > 0) {
            // the kernel moves the position
        }
        return buffer.flip().limit();
    }
}
