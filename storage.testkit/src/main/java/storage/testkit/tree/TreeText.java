package storage.testkit.tree;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * A tree as text, one line a file: type, mode, owner, size, time in nanoseconds, extended attributes, content, link target,
 * device, and the first name of the same inode. Two trees are the same if their texts are; what differs can be read.
 */
public final class TreeText {
    /** In bytes: files of disks are larger, and mostly holes. */
    private static final long LARGE = 16 << 20;

    private final Syscalls linux;
    private final byte[] base;
    private final Map<String, String> lines = new TreeMap<>();
    private final Map<String, String> firstNames = new HashMap<>();

    /** As large as the kernel lets lists and values be: made once for all files. */
    private final byte[] names = new byte[64 << 10];

    private final byte[] value = new byte[64 << 10];

    private TreeText(Syscalls linux, byte[] base) {
        this.linux = linux;
        this.base = base;
    }

    /** All files below a folder, and the folder itself as {@code /}, by path; in the order of paths. */
    public static Map<String, String> capture(Syscalls linux, Path folder) throws IOException {
        var text = new TreeText(linux, PathBytes.of(folder));
        text.add("");
        return text.lines;
    }

    /** The same as lines, for assertions. */
    public static List<String> lines(Syscalls linux, Path folder) throws IOException {
        var lines = new ArrayList<String>();
        capture(linux, folder).forEach((path, line) -> lines.add(path + " " + line));
        return lines;
    }

    /** The names in a directory, sorted. */
    public static List<String> names(Syscalls linux, Path folder) throws IOException {
        return Names.of(linux, PathBytes.of(folder));
    }

    private void add(String path) throws IOException {
        var bytes = bytes(path);
        var stat = new Stat();
        Errno.check(
                linux.stat(FileCalls.AT_FDCWD, bytes, FileCalls.AT_SYMLINK_NOFOLLOW, stat),
                "stat",
                FileNames.decode(bytes));
        lines.put(path.isEmpty() ? "/" : path, line(path, bytes, stat));
        if (stat.isDirectory()) {
            for (var name : Names.of(linux, bytes)) {
                add(path + "/" + name);
            }
        }
    }

    private String line(String path, byte[] bytes, Stat stat) throws IOException {
        var line = new StringBuilder();
        line.append(String.format(
                "%06o %d:%d t=%d.%09d",
                stat.mode,
                Integer.toUnsignedLong(stat.uid),
                Integer.toUnsignedLong(stat.gid),
                stat.modifiedSeconds,
                stat.modifiedNanos));
        switch (stat.type()) {
            case Stat.S_IFREG ->
                line.append(" size=").append(stat.size).append(" content=").append(digest(bytes, stat.size));
            case Stat.S_IFLNK -> line.append(" -> ").append(target(bytes));
            case Stat.S_IFCHR, Stat.S_IFBLK ->
                line.append(" device=")
                        .append(Stat.major(stat.special))
                        .append(':')
                        .append(Stat.minor(stat.special));
            default -> {
                // type and mode say all
            }
        }
        if (!stat.isDirectory() && stat.links > 1) {
            var first = firstNames.putIfAbsent(stat.device + ":" + stat.inode, path);
            if (first != null) {
                line.append(" = ").append(first);
            }
        }
        for (var xattr : xattrs(bytes).entrySet()) {
            line.append(' ').append(xattr.getKey()).append('=').append(xattr.getValue());
        }
        return line.toString();
    }

    private String digest(byte[] bytes, long size) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            if (size > LARGE) {
                Names.holding(linux, bytes, digest);
            } else {
                digest.update(Names.content(linux, bytes));
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private String target(byte[] bytes) throws IOException {
        var into = new byte[4096];
        var length =
                Errno.check(linux.readlinkat(FileCalls.AT_FDCWD, bytes, into), "readlinkat", FileNames.decode(bytes));
        return FileNames.decode(into, 0, length);
    }

    /** What a filesystem adds of itself (SELinux labels, overlay's marks) is not part of a tree. */
    private Map<String, String> xattrs(byte[] bytes) throws IOException {
        var length = linux.llistxattr(bytes, names);
        if (length == -Errno.EOPNOTSUPP) {
            return Map.of();
        }
        Errno.check(length, "llistxattr", FileNames.decode(bytes));
        var xattrs = new TreeMap<String, String>();
        for (var name : FileNames.decode(names, 0, length).split("\0", -1)) {
            if (!name.isEmpty() && !name.equals("security.selinux") && !name.startsWith("trusted.")) {
                var size = linux.lgetxattr(bytes, FileNames.encode(name), value);
                Errno.check(size, "lgetxattr " + name, FileNames.decode(bytes));
                xattrs.put(name, HexFormat.of().formatHex(Arrays.copyOf(value, size)));
            }
        }
        return xattrs;
    }

    private byte[] bytes(String path) {
        var relative = FileNames.encode(path);
        var all = Arrays.copyOf(base, base.length + relative.length);
        System.arraycopy(relative, 0, all, base.length, relative.length);
        return all;
    }
}
