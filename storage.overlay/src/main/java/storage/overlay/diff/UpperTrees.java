package storage.overlay.diff;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;

/** Where a layout keeps what {@link UpperDiff} reads. */
public interface UpperTrees {
    /** The upper and lower directories of one layer, open. */
    interface Open extends AutoCloseable {
        int upper();

        /** Nearest first; none for a layer that stands on nothing. */
        List<Integer> lowers();

        @Override
        void close();
    }

    /** Whether a layer's upper directory is its whole difference from the other layer, and can be relied on. */
    boolean tell(Layer layer, Optional<LayerId> against) throws IOException;

    Open open(Layer layer) throws IOException;
}
