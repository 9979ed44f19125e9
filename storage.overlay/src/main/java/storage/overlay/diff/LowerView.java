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
 * merged down to the first that is opaque, whiteouts hide. A path, always from the root, is looked up only in directories
 * that were found before, so no symbolic link can be in it.
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

    /** Something that the lower directories show. Which of them are merged in a directory is found out when needed. */
    final class Found {
        private final Stat stat;
        private final int root;
        private final byte[] path;
        private final int[] candidates;
        private final int first;
        private int[] merged;

        /**
         * @param candidates those that are merged in its parent
         * @param at which of them it was found in
         */
        private Found(Stat stat, int root, byte[] path, int[] candidates, int at) {
            this.stat = stat;
            this.root = root;
            this.path = path;
            this.candidates = candidates;
            first = stat.isDirectory() ? at : candidates.length;
        }

        /** Of the nearest one. */
        Stat stat() {
            return stat;
        }

        /** The root of the lower directory that the nearest one lies in. */
        int root() {
            return root;
        }

        boolean isDirectory() {
            return stat.isDirectory();
        }

        /** Of a directory: which lower directories are merged in it, nearest first; else empty. */
        private int[] parts() throws IOException {
            if (merged == null) {
                merged = path.length == 0 ? candidates : merge();
            }
            return merged;
        }

        private int[] merge() throws IOException {
            var parts = new int[candidates.length];
            var count = 0;
            for (var i = first; i < candidates.length; i++) {
                var part = candidates[i];
                var there = i == first ? stat : new Stat();
                if (i > first && !look(part, path, there)) {
                    continue;
                }
                if (!there.isDirectory()) {
                    break;
                }
                parts[count++] = part;
                if (isOpaque(linux, trees.lower(part), path)) {
                    break;
                }
            }
            return Arrays.copyOf(parts, count);
        }

        /** Looks up a path that lies in this directory. */
        Optional<Found> find(byte[] inside) throws IOException {
            var parts = parts();
            for (var at = 0; at < parts.length; at++) {
                var there = new Stat();
                if (look(parts[at], inside, there)) {
                    return there.isWhiteout()
                            ? Optional.empty()
                            : Optional.of(new Found(there, trees.lower(parts[at]), inside, parts, at));
                }
            }
            return Optional.empty();
        }

        /** The names that this directory shows, in the order of their bytes. */
        List<byte[]> names() throws IOException {
            return LowerView.this.names(parts(), path);
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
        return Optional.of(new Found(stat, nearest, EMPTY, parts, 0));
    }

    /** False if there is nothing of that name. */
    private boolean look(int part, byte[] path, Stat into) throws IOException {
        var result = linux.stat(trees.lower(part), path, FileCalls.AT_SYMLINK_NOFOLLOW, into);
        if (result == -Errno.ENOENT || result == -Errno.ENOTDIR) {
            return false;
        }
        Errno.check(result, "stat", FileNames.decode(path));
        return true;
    }

    private List<byte[]> names(int[] parts, byte[] path) throws IOException {
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
