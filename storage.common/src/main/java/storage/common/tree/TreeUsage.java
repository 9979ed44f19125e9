package storage.common.tree;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.Syscalls;

/** Measures trees. */
public final class TreeUsage {
    /** The unit of {@code st_blocks}, stat(2). */
    private static final long BLOCK = 512;

    private TreeUsage() {}

    /**
     * The bytes on disk of a directory and everything in it, each inode counted once, other mounts left out. What
     * vanishes meanwhile is not counted.
     */
    public static long bytes(Syscalls linux, int dirfd) throws IOException {
        var stat = new Stat();
        var linked = new LongSet();
        Errno.check(linux.stat(dirfd, new byte[0], Syscalls.AT_EMPTY_PATH, stat), "statx", "");
        var sum = stat.blocks * BLOCK;
        try (var stack = new DirStack(linux, dirfd)) {
            Deque<Iter> levels = new ArrayDeque<>();
            levels.push(new Iter(Listing.read(linux, dirfd)));
            while (true) {
                var level = levels.peek();
                if (level.next == level.items.length) {
                    levels.pop();
                    if (levels.isEmpty()) {
                        return sum;
                    }
                    stack.pop();
                    continue;
                }
                var name = level.items[level.next++].name();
                var result = linux.stat(stack.fd(), name, Syscalls.AT_SYMLINK_NOFOLLOW, stat);
                if (result == -Errno.ENOENT) {
                    continue;
                }
                Errno.check(result, "statx", FileNames.decode(name));
                if (stack.isOther(stat) || stat.links > 1 && !stat.isDirectory() && !linked.add(stat.inode)) {
                    continue;
                }
                sum += stat.blocks * BLOCK;
                if (stat.isDirectory() && stack.push(name) == 0) {
                    levels.push(new Iter(Listing.read(linux, stack.fd())));
                }
            }
        }
    }

    /** Where a walk is in one directory. */
    private static final class Iter {
        final Listing.Item[] items;
        int next;

        Iter(Listing.Item[] items) {
            this.items = items;
        }
    }
}
