package storage.overlay.diff;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import storage.api.FileNames;
import storage.common.tree.Listing;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.ProcFd;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * The tree that lower directories show together, without a mount: of each name the nearest counts, directories are
 * merged down to the first that is opaque, whiteouts hide. Directories are named by path from the root, and come with the
 * numbers of the lower directories that have a part in them; a path is looked up only below directories that were found
 * before, so no symbolic link can be in it.
 */
final class LowerView {
    private static final byte[] OPAQUE = FileNames.encode("trusted.overlay.opaque");
    private static final byte[] EMPTY = {};

    private final Syscalls linux;
    private final UpperTrees.Open trees;

    LowerView(Syscalls linux, UpperTrees.Open trees) {
        this.linux = linux;
        this.trees = trees;
    }

    /** Something that the lower directories show. */
    static final class Found {
        private final Stat stat;
        private final int root;
        private final int[] parts;

        private Found(Stat stat, int root, int[] parts) {
            this.stat = stat;
            this.root = root;
            this.parts = parts;
        }

        /** Of the nearest one. */
        Stat stat() {
            return stat;
        }

        /** The root of the lower directory that the nearest one lies in. */
        int root() {
            return root;
        }

        /** Of a directory: which lower directories are merged in it; else empty. */
        int[] parts() {
            return parts;
        }

        boolean isDirectory() {
            return stat.isDirectory();
        }
    }

    /** The roots of all of them. */
    Optional<Found> root() throws IOException {
        if (trees.count() == 0) {
            return Optional.empty();
        }
        var stat = new Stat();
        var nearest = trees.lower(0);
        Errno.check(linux.stat(nearest, EMPTY, FileCalls.AT_EMPTY_PATH, stat), "stat", "of a lower directory");
        var parts = new int[trees.count()];
        Arrays.setAll(parts, i -> i);
        return Optional.of(new Found(stat, nearest, parts));
    }

    /** Looks up a path whose parent directory is merged from these parts. */
    Optional<Found> find(int[] parts, byte[] path) throws IOException {
        Stat nearest = null;
        var root = -1;
        var merged = new int[parts.length];
        var count = 0;
        for (var part : parts) {
            var stat = new Stat();
            var tree = trees.lower(part);
            var result = linux.stat(tree, path, FileCalls.AT_SYMLINK_NOFOLLOW, stat);
            if (result == -Errno.ENOENT || result == -Errno.ENOTDIR) {
                continue;
            }
            Errno.check(result, "stat", FileNames.decode(path));
            if (stat.isWhiteout() || !stat.isDirectory() && nearest != null) {
                break;
            }
            if (nearest == null) {
                nearest = stat;
                root = tree;
            }
            if (!stat.isDirectory()) {
                break;
            }
            merged[count++] = part;
            if (isOpaque(linux, tree, path)) {
                break;
            }
        }
        return nearest == null ? Optional.empty() : Optional.of(new Found(nearest, root, Arrays.copyOf(merged, count)));
    }

    /** The names that a directory shows, in the order of their bytes. */
    List<byte[]> names(int[] parts, byte[] path) throws IOException {
        var shown = new TreeMap<byte[], Boolean>(Arrays::compareUnsigned);
        for (var part : parts) {
            try (var folder = open(trees.lower(part), path)) {
                for (var item : Listing.read(linux, folder.number())) {
                    if (!shown.containsKey(item.name())) {
                        shown.put(item.name(), !isWhiteout(folder.number(), item.name()));
                    }
                }
            }
        }
        return shown.entrySet().stream()
                .filter(java.util.Map.Entry::getValue)
                .map(java.util.Map.Entry::getKey)
                .toList();
    }

    private Fd open(int root, byte[] path) throws IOException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        var fd = linux.openat(root, path.length == 0 ? new byte[] {'.'} : path, flags, 0);
        return Fd.of(linux, Errno.check(fd, "openat", FileNames.decode(path)));
    }

    private boolean isWhiteout(int folder, byte[] name) throws IOException {
        var stat = new Stat();
        Errno.check(linux.stat(folder, name, FileCalls.AT_SYMLINK_NOFOLLOW, stat), "stat", FileNames.decode(name));
        return stat.isWhiteout();
    }

    /** Whether a directory hides what lies below it. */
    static boolean isOpaque(Syscalls linux, int dirfd, byte[] path) {
        var folder = ProcFd.path(dirfd);
        var full = Arrays.copyOf(folder, folder.length + 1 + path.length);
        full[folder.length] = '/';
        System.arraycopy(path, 0, full, folder.length + 1, path.length);
        var value = new byte[1];
        return linux.lgetxattr(full, OPAQUE, value) == 1 && value[0] == 'y';
    }
}
