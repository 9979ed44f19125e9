package storage.overlay.diff;

import java.io.IOException;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.common.store.TreeFiles;

/** Where a layout keeps what {@link UpperDiff} reads. */
public interface UpperTrees {
    /** The upper and lower directories of one layer, open. */
    interface Open extends TreeFiles.Lowers {
        int upper();
    }

    /** Whether a layer's upper directory is its whole difference from the other layer, and can be relied on. */
    boolean tell(Layer layer, Optional<LayerId> against) throws IOException;

    Open open(Layer layer) throws IOException;
}
