package storage.common;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import storage.api.FileNames;
import storage.common.tree.Listing;
import storage.common.tree.NodeCopy;
import storage.common.tree.Xattrs;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Linux;
import storage.linux.Stat;
import storage.linux.Syscalls;

/** A directory on disk for a test, and what it holds as comparable text. */
public final class Tree implements AutoCloseable {
    public static final Syscalls LINUX = Linux.syscalls();

    public final String path;
    public final Fd fd;

    private Tree(String path, Fd fd) {
        this.path = path;
        this.fd = fd;
    }

    /** Makes a directory. */
    public static Tree make(Path parent, String name) throws IOException {
        return make(parent + "/" + name);
    }

    public static Tree make(String path) throws IOException {
        Errno.check(LINUX.mkdirat(FileCalls.AT_FDCWD, FileNames.encode(path), 0755), "mkdirat", path);
        return open(path);
    }

    public static Tree open(String path) throws IOException {
        return new Tree(path, Fd.directory(LINUX, path));
    }

    public int fd() {
        return fd.number();
    }

    /** Makes a file, with the directories above it. */
    public Tree file(String name, String content) throws IOException {
        return file(name, FileNames.encode(content));
    }

    public Tree file(String name, byte[] content) throws IOException {
        parents(name);
        var flags = FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_TRUNC;
        try (var file = Fd.open(LINUX, fd(), name, flags, 0644)) {
            var buffer = ByteBuffer.allocateDirect(content.length).put(content).flip();
            while (buffer.hasRemaining()) {
                Errno.check(LINUX.write(file.number(), buffer), "write", name);
            }
        }
        return this;
    }

    public Tree directory(String name) throws IOException {
        parents(name);
        Errno.check(LINUX.mkdirat(fd(), FileNames.encode(name), 0755), "mkdirat", name);
        return this;
    }

    private void parents(String name) throws IOException {
        for (var slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
            var result = LINUX.mkdirat(fd(), FileNames.encode(name.substring(0, slash)), 0755);
            if (result != -Errno.EEXIST) {
                Errno.check(result, "mkdirat", name);
            }
        }
    }

    public Tree symlink(String name, String target) throws IOException {
        parents(name);
        Errno.check(LINUX.symlinkat(FileNames.encode(target), fd(), FileNames.encode(name)), "symlinkat", name);
        return this;
    }

    public Tree link(String name, String target) throws IOException {
        parents(name);
        Errno.check(LINUX.linkat(fd(), FileNames.encode(target), fd(), FileNames.encode(name), 0), "linkat", name);
        return this;
    }

    public Tree mknod(String name, int mode, long device) throws IOException {
        parents(name);
        Errno.check(LINUX.mknodat(fd(), FileNames.encode(name), mode, device), "mknodat", name);
        return this;
    }

    public Tree chmod(String name, int mode) throws IOException {
        Errno.check(LINUX.fchmodat(fd(), FileNames.encode(name), mode), "fchmodat", name);
        return this;
    }

    public Tree chown(String name, int uid, int gid) throws IOException {
        Errno.check(
                LINUX.fchownat(fd(), FileNames.encode(name), uid, gid, FileCalls.AT_SYMLINK_NOFOLLOW),
                "fchownat",
                name);
        return this;
    }

    public Tree time(String name, long seconds, long nanos) throws IOException {
        Errno.check(
                LINUX.utimensat(
                        fd(),
                        FileNames.encode(name),
                        0,
                        FileCalls.UTIME_OMIT,
                        seconds,
                        nanos,
                        FileCalls.AT_SYMLINK_NOFOLLOW),
                "utimensat",
                name);
        return this;
    }

    /** Sets an attribute; answers whether the filesystem takes it. */
    public boolean xattr(String name, String attribute, byte[] value) throws IOException {
        var result = LINUX.lsetxattr(Xattrs.path(fd(), FileNames.encode(name)), FileNames.encode(attribute), value, 0);
        if (result == -Errno.EOPNOTSUPP || result == -Errno.EPERM) {
            return false;
        }
        Errno.check(result, "lsetxattr", name);
        return true;
    }

    public void remove(String name) throws IOException {
        storage.common.tree.TreeRemoval.remove(LINUX, fd(), FileNames.encode(name));
    }

    public Stat stat(String name) throws IOException {
        var stat = new Stat();
        Errno.check(LINUX.stat(fd(), FileNames.encode(name), FileCalls.AT_SYMLINK_NOFOLLOW, stat), "statx", name);
        return stat;
    }

    public boolean exists(String name) {
        return LINUX.stat(fd(), FileNames.encode(name), FileCalls.AT_SYMLINK_NOFOLLOW, new Stat()) == 0;
    }

    public String content(String name) throws IOException {
        var stat = stat(name);
        var file = NodeCopy.openToRead(LINUX, fd(), FileNames.encode(name), stat);
        try {
            return FileNames.decode(content(file, stat.size));
        } finally {
            LINUX.close(file);
        }
    }

    private static byte[] content(int file, long size) throws IOException {
        var buffer = ByteBuffer.allocateDirect((int) size);
        while (buffer.hasRemaining() && Errno.check(LINUX.read(file, buffer), "read", "") > 0) {
            // more to come
        }
        var bytes = new byte[buffer.flip().remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** Everything by path, the root excepted; all that a layer is about, as text. */
    public Map<String, String> snapshot() throws IOException {
        Map<String, String> all = new TreeMap<>();
        snapshot(fd(), "", all, new TreeMap<>());
        return all;
    }

    private static void snapshot(int dirfd, String prefix, Map<String, String> all, Map<Long, String> inodes)
            throws IOException {
        for (var item : Listing.sorted(LINUX, dirfd)) {
            var stat = new Stat();
            Errno.check(LINUX.stat(dirfd, item.name(), FileCalls.AT_SYMLINK_NOFOLLOW, stat), "statx", "");
            var path = prefix + FileNames.decode(item.name());
            all.put(path, line(dirfd, item.name(), stat) + links(path, stat, inodes));
            if (stat.isDirectory()) {
                try (var below = Fd.of(LINUX, NodeCopy.openToRead(LINUX, dirfd, item.name(), stat))) {
                    snapshot(below.number(), path + "/", all, inodes);
                }
            }
        }
    }

    private static String links(String path, Stat stat, Map<Long, String> inodes) {
        if (stat.isDirectory() || stat.links < 2) {
            return "";
        }
        var first = inodes.putIfAbsent(stat.inode, path);
        return first == null ? "" : " = " + first;
    }

    private static String line(int dirfd, byte[] name, Stat stat) throws IOException {
        var what = switch (stat.type()) {
            case Stat.S_IFDIR -> "dir";
            case Stat.S_IFLNK -> "-> " + FileNames.decode(NodeCopy.readLink(LINUX, dirfd, name));
            case Stat.S_IFREG -> {
                var file = NodeCopy.openToRead(LINUX, dirfd, name, stat);
                try {
                    yield "file " + describe(content(file, stat.size));
                } finally {
                    LINUX.close(file);
                }
            }
            case Stat.S_IFIFO -> "fifo";
            case Stat.S_IFCHR -> "char " + Stat.major(stat.special) + ":" + Stat.minor(stat.special);
            case Stat.S_IFBLK -> "block " + Stat.major(stat.special) + ":" + Stat.minor(stat.special);
            default -> "type " + Integer.toOctalString(stat.type());
        };
        return line(
                what,
                stat.isSymlink() ? 0777 : stat.permissions(),
                stat.uid,
                stat.gid,
                stat.modifiedSeconds,
                stat.modifiedNanos,
                xattrs(dirfd, name));
    }

    /** The form of a snapshot's lines, without links. */
    public static String line(
            String what, int mode, long uid, long gid, long seconds, int nanos, Map<String, byte[]> xattrs) {
        List<String> shown = new ArrayList<>();
        new TreeMap<>(xattrs)
                .forEach((name, value) -> shown.add(name + "=" + HexFormat.of().formatHex(value)));
        return what + " " + Integer.toOctalString(mode) + " " + uid + ":" + gid + " " + seconds + "." + nanos
                + (shown.isEmpty() ? "" : " " + shown);
    }

    public static String describe(byte[] content) {
        return content.length <= 40
                ? '"' + FileNames.decode(content) + '"'
                : content.length + " bytes " + java.util.Arrays.hashCode(content);
    }

    private static Map<String, byte[]> xattrs(int dirfd, byte[] name) throws IOException {
        Map<String, byte[]> all = new TreeMap<>();
        for (var xattr : new Xattrs(LINUX).of(dirfd, name)) {
            if (storage.common.tree.XattrRules.isContent(xattr.name())) {
                all.put(FileNames.decode(xattr.name()), xattr.value());
            }
        }
        return all;
    }

    @Override
    public void close() {
        fd.close();
    }
}
