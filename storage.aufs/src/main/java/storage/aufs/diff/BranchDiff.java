package storage.aufs.diff;

import java.io.IOException;
import java.util.Optional;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.api.LayerId;
import storage.common.diff.ChangeSink;
import storage.common.diff.DiffOptions;
import storage.common.diff.FileComparison;
import storage.common.store.NativeDiff;
import storage.linux.Syscalls;

/**
 * Differences between any two layers from their branches. An archive against the parent is the layer's own branch; all else
 * is what comparing the mounted unions would tell, computed as the kernel would put them together.
 */
public final class BranchDiff implements NativeDiff {
    private final Syscalls linux;
    private final IdMaps ids;
    private final OpenBranches open;

    public BranchDiff(Syscalls linux, IdMaps ids, OpenBranches open) {
        this.linux = linux;
        this.ids = ids;
        this.open = open;
    }

    @Override
    public boolean covers(Layer layer, Optional<LayerId> against) {
        return true;
    }

    @Override
    public void walk(Layer layer, Optional<LayerId> against, Purpose purpose, ChangeSink sink) throws IOException {
        var options = new DiffOptions(ids, Optional.empty(), Optional.empty());
        var comparison = new FileComparison(linux, options);
        try (var opened = open.open(layer, against)) {
            var branches = opened.branches();
            if (purpose == Purpose.ARCHIVE && branches.isParent()) {
                new BranchWalk(linux, comparison, sink).walk(branches);
            } else {
                new UnionWalk(linux, comparison, sink).walk(branches);
            }
        }
    }
}
