package storage.overlay.diff;

import java.io.IOException;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.common.diff.ChangeSink;
import storage.common.store.NativeDiff;
import storage.linux.Syscalls;

/** Differences from upper directories, without a mount and without looking at what did not change. */
public final class UpperDiff implements NativeDiff {
    private final Syscalls linux;
    private final UpperTrees trees;

    public UpperDiff(Syscalls linux, UpperTrees trees) {
        this.linux = linux;
        this.trees = trees;
    }

    @Override
    public boolean covers(Layer layer, Optional<LayerId> against) throws IOException {
        return trees.tell(layer, against);
    }

    @Override
    public void walk(Layer layer, Optional<LayerId> against, Purpose purpose, ChangeSink sink) throws IOException {
        try (var open = trees.open(layer)) {
            new UpperWalk(linux, new LowerView(linux, open), purpose == Purpose.LIST, sink).walk(open.upper());
        }
    }
}
