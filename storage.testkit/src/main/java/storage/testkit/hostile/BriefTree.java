package storage.testkit.hostile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import storage.api.FileNames;
import storage.linux.DirectoryStream;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FdInputStream;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * What a tree shows, one line a file, without what is usual: mode 0755 of directories and 0644 of all else, root as owner,
 * the time of {@link RawTar}. Goes down by descriptors, so that no path is too long and no link is followed.
 */
public final class BriefTree {
    /** Of a long content only so much is shown, beside its length. */
    private static final int SHOWN = 40;

    private final Syscalls linux;
    private final IntUnaryOperator outside;
    private final boolean privileged;
    private final Set<String> own;
    private final Map<String, String> lines = new TreeMap<>();
    private final Deque<Directory> open = new ArrayDeque<>();
    private final Map<String, String> firstNames = new HashMap<>();

    private BriefTree(Syscalls linux, IntUnaryOperator outside, boolean privileged, Set<String> own) {
        this.linux = linux;
        this.outside = outside;
        this.privileged = privileged;
        this.own = own;
    }

    /**
     * All files below a folder by path, and the folder itself as {@code /}.
     *
     * @param outside what the host calls an id of the inside
     * @param privileged whether owners can be expected to be right
     * @param own attributes that the backend itself gives to files
     */
    public static Map<String, String> of(
            Syscalls linux, Path folder, IntUnaryOperator outside, boolean privileged, Set<String> own)
            throws IOException {
        var tree = new BriefTree(linux, outside, privileged, own);
        try {
            tree.enter(Fd.directory(linux, PathBytes.text(folder)), "");
            var root = tree.open.getFirst().fd().number();
            var stat = new Stat();
            Errno.check(linux.stat(root, new byte[0], FileCalls.AT_EMPTY_PATH, stat), "stat", "/");
            tree.lines.put("/", "directory" + tree.notes(root, "", stat, true));
            tree.walk();
        } finally {
            tree.open.forEach(directory -> directory.fd().close());
        }
        return tree.lines;
    }

    /** A content as lines have it. */
    static String quoted(String content) {
        return content.length() <= SHOWN
                ? "\"" + content + "\""
                : "\"" + content.substring(0, SHOWN) + "\"... " + content.length();
    }

    /** A directory on the way down, with the names in it that are still to be looked at. */
    private record Directory(Fd fd, String prefix, Iterator<byte[]> names) {}

    private void enter(Fd fd, String prefix) throws IOException {
        // first, so that it is closed if the listing fails
        open.push(new Directory(fd, prefix, Collections.emptyIterator()));
        var names = new TreeMap<String, byte[]>();
        var stream = new DirectoryStream(linux, fd.number());
        while (stream.next()) {
            var name = stream.name();
            names.put(FileNames.decode(name), Arrays.copyOf(name, name.length));
        }
        open.pop();
        open.push(new Directory(fd, prefix, names.values().iterator()));
    }

    /** Without recursion: trees may be deeper than a stack. */
    private void walk() throws IOException {
        while (!open.isEmpty()) {
            var directory = open.getFirst();
            if (directory.names().hasNext()) {
                var name = directory.names().next();
                var text = FileNames.decode(name);
                add(directory.fd().number(), name, text, directory.prefix() + text);
            } else {
                open.pop().fd().close();
            }
        }
    }

    private void add(int directory, byte[] name, String text, String path) throws IOException {
        var stat = new Stat();
        var flags = FileCalls.AT_SYMLINK_NOFOLLOW;
        Errno.check(linux.stat(directory, name, flags, stat), "stat", path);
        if (!stat.isDirectory() && stat.links > 1) {
            var first = firstNames.putIfAbsent(stat.device + ":" + stat.inode, path);
            if (first != null) {
                lines.put(path, "= " + first);
                return;
            }
        }
        lines.put(path, what(directory, name, text, stat) + notes(directory, text, stat, false));
        if (stat.isDirectory()) {
            var flagsOfDirectory = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW;
            enter(Fd.open(linux, directory, text, flagsOfDirectory, 0), path + "/");
        }
    }

    private String what(int directory, byte[] name, String text, Stat stat) throws IOException {
        return switch (stat.type()) {
            case Stat.S_IFDIR -> "directory";
            case Stat.S_IFLNK -> {
                var into = new byte[4096];
                var length = Errno.check(linux.readlinkat(directory, name, into), "readlinkat", text);
                yield "-> " + FileNames.decode(into, 0, length);
            }
            case Stat.S_IFREG -> {
                var fd = Fd.open(linux, directory, text, FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW, 0);
                try (var in = FdInputStream.owning(linux, fd.number())) {
                    yield "file " + quoted(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                }
            }
            case Stat.S_IFIFO -> "fifo";
            case Stat.S_IFCHR, Stat.S_IFBLK ->
                "device " + (stat.type() == Stat.S_IFCHR ? 'c' : 'b') + " " + Stat.major(stat.special) + ":"
                        + Stat.minor(stat.special);
            default -> "socket";
        };
    }

    /** What is not as usual. */
    private String notes(int directory, String text, Stat stat, boolean root) throws IOException {
        var notes = new StringBuilder();
        if (!stat.isSymlink() && stat.permissions() != (stat.isDirectory() ? 0755 : 0644)) {
            notes.append(" mode ").append(Integer.toOctalString(stat.permissions()));
        }
        if (privileged) {
            if (stat.uid != outside.applyAsInt(0) || stat.gid != outside.applyAsInt(0)) {
                notes.append(" owner ").append(stat.uid).append(':').append(stat.gid);
            }
            if (!root && stat.modifiedSeconds != RawTar.TIME) {
                notes.append(" time ").append(stat.modifiedSeconds);
            }
        }
        if (stat.isRegular() || stat.isDirectory()) {
            xattrs(FileNames.encode("/proc/self/fd/" + directory + "/" + text), notes);
        }
        return notes.toString();
    }

    private void xattrs(byte[] path, StringBuilder notes) throws IOException {
        var list = new byte[64 << 10];
        var length = linux.llistxattr(path, list);
        if (length == -Errno.EOPNOTSUPP) {
            return;
        }
        Errno.check(length, "llistxattr", FileNames.decode(path));
        for (var name : FileNames.decode(list, 0, length).split("\0", -1)) {
            // the label is given by the host
            if (!name.isEmpty() && !name.equals("security.selinux") && !own.contains(name)) {
                var value = new byte[64 << 10];
                var size = Errno.check(linux.lgetxattr(path, FileNames.encode(name), value), "lgetxattr", name);
                notes.append(' ').append(name).append('=').append(HexFormat.of().formatHex(value, 0, size));
            }
        }
    }
}
