package storage.common.store;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import storage.api.Change;
import storage.api.Layer;
import storage.api.LayerId;

/** A backend's own way to a layer's differences, from what the layout keeps of them. */
public interface NativeDiff {
    /** Whether it can tell this difference; if not, trees are compared. */
    boolean covers(Layer layer, Optional<LayerId> against) throws IOException;

    /** See {@code LayerStore.diff}. */
    void diff(Layer layer, Optional<LayerId> against, OutputStream out) throws IOException;

    /** See {@code LayerStore.changes}. */
    List<Change> changes(Layer layer, Optional<LayerId> against) throws IOException;

    /** See {@code LayerStore.diffSize}. */
    long diffSize(Layer layer, Optional<LayerId> against) throws IOException;
}
