package storage.common.diff;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import storage.api.Change;
import storage.api.FileNames;
import storage.common.tree.DirStack;
import storage.common.tree.Listing;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** One walk over two trees, side by side in the order of names. */
final class DiffWalk implements AutoCloseable {
    private static final Listing.Item[] NOTHING = {};
    private static final byte[] EMPTY = {};
    private static final byte[] DOT = {'.'};

    /** Where the walk is in one pair of directories. */
    private static final class Level {
        Listing.Item[] older = NOTHING;
        Listing.Item[] newer = NOTHING;
        int nextOlder;
        int nextNewer;
        boolean hasOlder;

        /** Whether both are the same filesystem's, so that equal inode numbers are the same file. */
        boolean sameDevice;

        /** Whether both are of the filesystems that the guide knows. */
        boolean guided;

        /**
         * Whether a change time tells that a file is the one that was here before. Not below a directory that may have
         * been moved: its files know nothing of it. A move changes the directory and the one it lies in.
         */
        boolean settled;

        byte[] path = EMPTY;
        byte[] name = EMPTY;
        final Stat stat = new Stat();

        /** Whether the directory itself has been reported. */
        boolean reported;
    }

    private final Syscalls linux;
    private final DiffOptions options;
    private final ChangeSink sink;
    private final FileComparison comparison;

    /** Null for none. */
    private final Guide guide;

    private final DirStack older;
    private final DirStack newer;
    private final List<Level> levels = new ArrayList<>();
    private int depth;
    private final Stat olderStat = new Stat();
    private final Stat newerStat = new Stat();

    DiffWalk(Syscalls linux, int older, int newer, DiffOptions options, ChangeSink sink) throws SyscallException {
        this.linux = linux;
        this.options = options;
        this.sink = sink;
        this.comparison = new FileComparison(linux, options);
        this.newer = new DirStack(linux, newer);
        this.older = older < 0 ? null : new DirStack(linux, older);
        this.guide = older < 0 ? null : options.guide().orElse(null);
    }

    void run() throws IOException {
        var root = level(0);
        root.hasOlder = older != null;
        root.reported = true;
        stat(newer.fd(), EMPTY, newerStat);
        if (older == null) {
            sink.present(Change.Kind.ADD, EMPTY, newer.fd(), DOT, newerStat);
        } else {
            stat(older.fd(), EMPTY, olderStat);
            if (comparison.differ(EMPTY, older.fd(), DOT, olderStat, newer.fd(), DOT, newerStat)) {
                sink.present(Change.Kind.MODIFY, EMPTY, newer.fd(), DOT, newerStat);
            }
        }
        root.settled = options.pristineBefore().isPresent();
        copy(newerStat, root.stat);
        read(root);
        depth = 0;
        while (true) {
            var level = levels.get(depth);
            if (!step(level)) {
                if (depth == 0) {
                    return;
                }
                newer.pop();
                if (level.hasOlder) {
                    older.pop();
                }
                depth--;
            }
        }
    }

    private void stat(int fd, byte[] name, Stat into) throws SyscallException {
        var flags = name.length == 0 ? Syscalls.AT_EMPTY_PATH : Syscalls.AT_SYMLINK_NOFOLLOW;
        Errno.check(linux.stat(fd, name, flags, into), "statx", FileNames.decode(name));
    }

    private Level level(int index) {
        while (levels.size() <= index) {
            levels.add(new Level());
        }
        return levels.get(index);
    }

    private void read(Level level) throws SyscallException {
        level.nextNewer = 0;
        level.nextOlder = 0;
        level.sameDevice = level.hasOlder && newer.device() == older.device();
        level.guided = level.hasOlder && guide != null && isKnown(newer) && isKnown(older);
        var names = level.guided && newer.inode() == older.inode()
                ? guide.names(newer.inode())
                : Optional.<Collection<byte[]>>empty();
        if (names.isPresent()) {
            level.newer = Listing.of(names.get());
            level.older = level.newer;
            return;
        }
        level.newer = Listing.sorted(linux, newer.fd());
        level.older = level.hasOlder ? Listing.sorted(linux, older.fd()) : NOTHING;
    }

    private static boolean isKnown(DirStack stack) {
        return stack.device() == stack.topDevice();
    }

    /** Goes one name ahead; false at the end of the directory. */
    private boolean step(Level level) throws IOException {
        var left = level.nextOlder < level.older.length ? level.older[level.nextOlder] : null;
        var right = level.nextNewer < level.newer.length ? level.newer[level.nextNewer] : null;
        if (left == null && right == null) {
            return false;
        }
        var order = left == null ? 1 : right == null ? -1 : left.compareTo(right);
        if (order < 0) {
            level.nextOlder++;
            reportDirectories();
            sink.deleted(join(level.path, left.name()));
        } else if (order > 0) {
            level.nextNewer++;
            added(level, right.name());
        } else {
            level.nextOlder++;
            level.nextNewer++;
            if (!isSame(level, left.inode(), right.inode())) {
                both(level, right.name());
            }
        }
        return true;
    }

    /** Whether two things of one name are known to be the same, with all below. 0 stands for an unknown inode. */
    private boolean isSame(Level level, long left, long right) {
        return left == right && left != 0 && (level.sameDevice || level.guided && guide.isSame(left));
    }

    private static byte[] join(byte[] directory, byte[] name) {
        if (directory.length == 0) {
            return name;
        }
        var path = Arrays.copyOf(directory, directory.length + 1 + name.length);
        path[directory.length] = '/';
        System.arraycopy(name, 0, path, directory.length + 1, name.length);
        return path;
    }

    /** Reports the directories above a change that have not been reported. */
    private void reportDirectories() throws IOException {
        var first = depth;
        while (!levels.get(first).reported) {
            first--;
        }
        for (var i = first + 1; i <= depth; i++) {
            var level = levels.get(i);
            level.reported = true;
            sink.present(Change.Kind.MODIFY, level.path, newer.fd(i - 1), level.name, level.stat);
        }
    }

    private void added(Level level, byte[] name) throws IOException {
        if (!find(name)) {
            return;
        }
        reportDirectories();
        var path = join(level.path, name);
        sink.present(Change.Kind.ADD, path, newer.fd(), name, newerStat);
        if (newerStat.isDirectory() && !newer.isOther(newerStat)) {
            enter(path, name, false, true);
        }
    }

    /** Looks at a name of the newer tree; false if it vanished. */
    private boolean find(byte[] name) throws SyscallException {
        var result = linux.stat(newer.fd(), name, Syscalls.AT_SYMLINK_NOFOLLOW, newerStat);
        if (result == -Errno.ENOENT) {
            return false;
        }
        Errno.check(result, "statx", FileNames.decode(name));
        return true;
    }

    private void both(Level level, byte[] name) throws IOException {
        var path = join(level.path, name);
        if (!find(name)) {
            reportDirectories();
            sink.deleted(path);
            return;
        }
        if (newer.isOther(newerStat)) {
            return;
        }
        if (level.settled && !newerStat.isDirectory() && isOld(newerStat)) {
            return;
        }
        if (!findOlder(name)) {
            added(level, name);
            return;
        }
        var differ = comparison.differ(path, older.fd(), name, olderStat, newer.fd(), name, newerStat);
        if (differ) {
            reportDirectories();
            sink.present(Change.Kind.MODIFY, path, newer.fd(), name, newerStat);
        }
        if (newerStat.isDirectory()) {
            var wasDirectory = olderStat.isDirectory() && !older.isOther(olderStat);
            enter(path, name, wasDirectory, differ);
        }
    }

    /** Looks at a name of the older tree; false if it vanished. */
    private boolean findOlder(byte[] name) throws SyscallException {
        var result = linux.stat(older.fd(), name, Syscalls.AT_SYMLINK_NOFOLLOW, olderStat);
        if (result == -Errno.ENOENT) {
            return false;
        }
        Errno.check(result, "statx", FileNames.decode(name));
        return true;
    }

    private boolean isOld(Stat stat) {
        return FileComparison.changed(stat) < options.pristineBefore().get();
    }

    private void enter(byte[] path, byte[] name, boolean hasOlder, boolean reported) throws IOException {
        if (!push(newer, name)) {
            return;
        }
        if (hasOlder && !push(older, name)) {
            newer.pop();
            return;
        }
        depth++;
        var level = level(depth);
        level.path = path;
        level.name = name;
        level.hasOlder = hasOlder;
        level.reported = reported;
        copy(newerStat, level.stat);
        var above = level(depth - 1);
        level.settled = above.settled && (isOld(level.stat) || isOld(above.stat));
        read(level);
    }

    /** Enters a directory; false if it is no longer one. */
    private boolean push(DirStack stack, byte[] name) throws SyscallException {
        var result = stack.push(name);
        if (result == -Errno.ENOENT || result == -Errno.ENOTDIR || result == -Errno.ELOOP || result == -Errno.EBUSY) {
            return false;
        }
        Errno.check(result, "openat", FileNames.decode(name));
        return true;
    }

    private static void copy(Stat from, Stat to) {
        to.mode = from.mode;
        to.uid = from.uid;
        to.gid = from.gid;
        to.links = from.links;
        to.inode = from.inode;
        to.size = from.size;
        to.blocks = from.blocks;
        to.modifiedSeconds = from.modifiedSeconds;
        to.modifiedNanos = from.modifiedNanos;
        to.changedSeconds = from.changedSeconds;
        to.changedNanos = from.changedNanos;
        to.accessedSeconds = from.accessedSeconds;
        to.accessedNanos = from.accessedNanos;
        to.device = from.device;
        to.special = from.special;
        to.mount = from.mount;
    }

    @Override
    public void close() {
        newer.close();
        if (older != null) {
            older.close();
        }
    }
}
