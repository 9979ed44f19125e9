package storage.common.tree;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import storage.api.FileNames;
import storage.common.archive.PrivilegeRecord;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Copies the content of one directory into another. */
public final class TreeCopy {
    /** The longest path that is linked to by name, in bytes; behind it a second name of a file becomes a copy. */
    private static final int LINKABLE = 4000;

    private static final int MKDIR = 0700;
    private static final byte[] EMPTY = {};

    /** How files are copied. */
    public enum Mode {
        /** By reflink where the filesystem can, else in the kernel, else through memory; holes stay holes. */
        CONTENT,
        /** By hard links; copied where the filesystem allows no more of them, or lies elsewhere. */
        HARD_LINK
    }

    /** A file that has several names. */
    private record Inode(long device, long number) {}

    /** Where the walk is in one directory. */
    private static final class Level {
        final Listing.Item[] items;
        final Stat stat;
        final byte[] path;
        int next;

        Level(Listing.Item[] items, Stat stat, byte[] path) {
            this.items = items;
            this.stat = stat;
            this.path = path;
        }
    }

    private final Syscalls linux;
    private final Mode mode;
    private final DirStack from;
    private final DirStack to;
    private final int root;
    private final NodeCopy nodes;
    private final Map<Inode, byte[]> linked = new HashMap<>();
    private final Deque<Level> levels = new ArrayDeque<>();
    private final Stat stat = new Stat();

    private TreeCopy(Syscalls linux, DirStack from, DirStack to, Mode mode, NodeCopy.Denied denied) {
        this.linux = linux;
        this.mode = mode;
        this.from = from;
        this.to = to;
        this.root = to.fd();
        this.nodes = new NodeCopy(linux, name -> true, denied);
    }

    /**
     * Copies everything: extended attributes of all kinds, devices, owners, times in nanoseconds, links among the files.
     * The target directory itself gets the attributes of the source directory.
     *
     * @param from descriptor of the source
     * @param to descriptor of an empty directory
     */
    public static void copy(Syscalls linux, int from, int to, Mode mode) throws IOException {
        copy(linux, from, to, mode, Optional.empty());
    }

    /**
     * The same, where the kernel may not allow all of it.
     *
     * @param record the record of the copy. What the source lacks has been copied to it by the caller; what the copy
     *     lacks beyond that is added
     */
    public static void copy(Syscalls linux, int from, int to, Mode mode, Optional<PrivilegeRecord> record)
            throws IOException {
        try (var source = new DirStack(linux, from);
                var target = new DirStack(linux, to)) {
            var denied = new DeniedCopies(record);
            var copy = new TreeCopy(linux, source, target, mode, denied);
            denied.pathOf(copy::pathOf);
            copy.run();
        }
    }

    private byte[] pathOf(byte[] name) {
        var directory = levels.isEmpty() ? EMPTY : levels.element().path;
        return name == null ? directory : join(directory, name);
    }

    private static byte[] join(byte[] directory, byte[] name) {
        if (directory.length == 0) {
            return name;
        }
        var path = java.util.Arrays.copyOf(directory, directory.length + 1 + name.length);
        path[directory.length] = '/';
        System.arraycopy(name, 0, path, directory.length + 1, name.length);
        return path;
    }

    private void run() throws IOException {
        var top = new Stat();
        Errno.check(linux.stat(from.fd(), EMPTY, Syscalls.AT_EMPTY_PATH, top), "statx", "");
        levels.push(new Level(Listing.read(linux, from.fd()), top, EMPTY));
        while (!levels.isEmpty()) {
            var level = levels.element();
            if (level.next < level.items.length) {
                item(level, level.items[level.next++]);
                continue;
            }
            // times come last: whatever is made in a directory changes them
            nodes.attributes(from.fd(), to.fd(), null, level.stat);
            levels.pop();
            if (!levels.isEmpty()) {
                from.pop();
                to.pop();
            }
        }
    }

    private void item(Level level, Listing.Item item) throws IOException {
        var name = item.name();
        if (mode == Mode.HARD_LINK && item.type() != Listing.DIRECTORY && item.type() != Listing.UNKNOWN) {
            var result = linux.linkat(from.fd(), name, to.fd(), name, 0);
            if (result == 0) {
                return;
            }
            if (result != -Errno.EMLINK && result != -Errno.EXDEV && result != -Errno.EPERM) {
                throw new SyscallException("linkat", FileNames.decode(name), -result);
            }
        }
        Errno.check(linux.stat(from.fd(), name, Syscalls.AT_SYMLINK_NOFOLLOW, stat), "statx", FileNames.decode(name));
        if (stat.isDirectory()) {
            directory(level, name);
        } else if (!from.isOther(stat)) {
            file(name);
        }
    }

    private void directory(Level level, byte[] name) throws IOException {
        if (from.isOther(stat)) {
            // what is mounted there is no part of the tree, what it hides cannot be seen
            Errno.check(linux.mkdirat(to.fd(), name, 0755), "mkdirat", FileNames.decode(name));
            return;
        }
        from.enter(name);
        Errno.check(linux.mkdirat(to.fd(), name, MKDIR), "mkdirat", FileNames.decode(name));
        to.enter(name);
        var own = new Stat();
        Errno.check(linux.stat(from.fd(), EMPTY, Syscalls.AT_EMPTY_PATH, own), "statx", "");
        own.mode = stat.mode;
        levels.push(new Level(Listing.read(linux, from.fd()), own, join(level.path, name)));
    }

    private void file(byte[] name) throws IOException {
        var inode = stat.links > 1 ? new Inode(stat.device, stat.inode) : null;
        var first = inode == null ? null : linked.get(inode);
        if (first != null && linux.linkat(root, first, to.fd(), name, 0) == 0) {
            return;
        }
        Errno.check(nodes.copy(from.fd(), name, stat, to.fd(), name), "openat", FileNames.decode(name));
        if (inode != null) {
            var path = pathOf(name);
            if (path.length <= LINKABLE) {
                linked.put(inode, path);
            }
        }
    }
}
