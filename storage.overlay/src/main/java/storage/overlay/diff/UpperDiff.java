package storage.overlay.diff;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import storage.api.Change;
import storage.api.FileNames;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.api.LayerId;
import storage.common.archive.LayerPacker;
import storage.common.store.NativeDiff;
import storage.linux.Stat;
import storage.linux.Syscalls;

/** Differences from upper directories, without a mount and without looking at what did not change. */
public final class UpperDiff implements NativeDiff {
    private final Syscalls linux;
    private final IdMaps ids;
    private final UpperTrees trees;

    public UpperDiff(Syscalls linux, IdMaps ids, UpperTrees trees) {
        this.linux = linux;
        this.ids = ids;
        this.trees = trees;
    }

    @Override
    public boolean covers(Layer layer, Optional<LayerId> against) throws IOException {
        return trees.tell(layer, against);
    }

    @Override
    public void diff(Layer layer, Optional<LayerId> against, OutputStream out) throws IOException {
        try (var packer = new LayerPacker(linux, out, ids, Optional.empty())) {
            walk(layer, false, new UpperSink() {
                @Override
                public void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat)
                        throws IOException {
                    packer.add(path, dirfd, name, stat);
                }

                @Override
                public void deleted(byte[] path) throws IOException {
                    packer.whiteout(path);
                }

                @Override
                public void opaque(byte[] path) throws IOException {
                    packer.opaque(path);
                }
            });
        }
    }

    @Override
    public List<Change> changes(Layer layer, Optional<LayerId> against) throws IOException {
        var changes = new ArrayList<Change>();
        walk(layer, true, new UpperSink() {
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

    @Override
    public long diffSize(Layer layer, Optional<LayerId> against) throws IOException {
        var size = new Size();
        walk(layer, true, size);
        return size.bytes;
    }

    /** Adds up; of several links to one file the first counts. */
    private static final class Size implements UpperSink {
        private final HashSet<Long> linked = new HashSet<>();
        private long bytes;

        @Override
        public void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat) {
            if (stat.isRegular() && (stat.links < 2 || linked.add(stat.inode))) {
                bytes += stat.size;
            }
        }

        @Override
        public void deleted(byte[] path) {}
    }

    private void walk(Layer layer, boolean exact, UpperSink sink) throws IOException {
        try (var open = trees.open(layer)) {
            new UpperWalk(linux, new LowerView(linux, open.lowers()), exact, sink).walk(open.upper());
        }
    }
}
