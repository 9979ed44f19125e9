package storage.common.diff;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import storage.api.Change;
import storage.api.FileNames;
import storage.common.archive.LayerPacker;
import storage.common.tree.LongSet;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Compares two trees in one walk: directories are read once, no file is stated twice.
 *
 * <p>A file is unchanged if it is the same inode, or if nothing has touched it since it was known to be a copy
 * ({@link DiffOptions#pristineBefore}). Otherwise type, mode, owner, device, size, extended attributes and modification
 * time in full nanoseconds decide; and where all are equal, the content, because a time can be set back. Directories are
 * told by mode, owner and attributes. One with a change inside is reported as modified, as the engine does it, the root
 * excepted. What was removed is reported as a whole; what is mounted inside the trees is not looked at.
 */
public final class TreeDiff {
    private TreeDiff() {}

    /**
     * Tells a sink every difference.
     *
     * @param older descriptor of the tree to compare with, -1 for nothing
     * @param newer descriptor of the tree
     */
    public static void walk(Syscalls linux, int older, int newer, DiffOptions options, ChangeSink sink)
            throws IOException {
        try (var walk = new DiffWalk(linux, older, newer, options, sink)) {
            walk.run();
        }
    }

    /** The differences as a list. The root is not in it. */
    public static List<Change> changes(Syscalls linux, int older, int newer, DiffOptions options) throws IOException {
        List<Change> changes = new ArrayList<>();
        walk(linux, older, newer, options, new ChangeSink() {
            @Override
            public void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat) {
                if (path.length > 0) {
                    changes.add(new Change(kind, "/" + FileNames.decode(path)));
                }
            }

            @Override
            public void deleted(byte[] path) {
                changes.add(new Change(Change.Kind.DELETE, "/" + FileNames.decode(path)));
            }
        });
        return changes;
    }

    /** The sum of the sizes of the regular files that were added or modified, in bytes; hard links count once. */
    public static long size(Syscalls linux, int older, int newer, DiffOptions options) throws IOException {
        var sum = new Sum();
        walk(linux, older, newer, options, sum);
        return sum.bytes;
    }

    private static final class Sum implements ChangeSink {
        private final LongSet linked = new LongSet();
        private long bytes;

        @Override
        public void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat) {
            if (stat.isRegular() && (stat.links < 2 || linked.add(stat.inode))) {
                bytes += stat.size;
            }
        }

        @Override
        public void deleted(byte[] path) {
            // frees nothing in the older tree
        }
    }

    /** The differences as a layer archive. */
    public static void pack(Syscalls linux, int older, int newer, DiffOptions options, OutputStream out)
            throws IOException {
        try (var packer = new LayerPacker(linux, out, options.ids(), options.recorded())) {
            walk(linux, older, newer, options, new ChangeSink() {
                @Override
                public void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat)
                        throws IOException {
                    packer.add(path, dirfd, name, stat);
                }

                @Override
                public void deleted(byte[] path) throws IOException {
                    packer.whiteout(path);
                }
            });
        }
    }
}
