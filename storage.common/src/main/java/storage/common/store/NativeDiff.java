package storage.common.store;

import java.io.IOException;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.common.diff.ChangeSink;

/** A backend's own way to a layer's differences, from what the layout keeps of them. */
public interface NativeDiff {
    /** What the differences are told for. */
    enum Purpose {
        /** To be listed or counted: what comparing the trees would tell, no more and no less. */
        LIST,
        /** To be applied: may tell what was not changed, and {@link ChangeSink#opaque} instead of each deletion. */
        ARCHIVE
    }

    /** Whether it can tell this difference; if not, trees are compared. */
    boolean covers(Layer layer, Optional<LayerId> against) throws IOException;

    /** Tells a sink every difference. */
    void walk(Layer layer, Optional<LayerId> against, Purpose purpose, ChangeSink sink) throws IOException;
}
