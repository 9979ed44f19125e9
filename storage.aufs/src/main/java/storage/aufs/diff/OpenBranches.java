package storage.aufs.diff;

import java.io.IOException;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;

/** Opens what {@link BranchDiff} reads. */
public interface OpenBranches {
    /** Branches, closed behind a comparison. */
    interface Open extends AutoCloseable {
        Branches branches();

        @Override
        void close();
    }

    /** The branches of a layer, and of the one that it is compared with. */
    Open open(Layer layer, Optional<LayerId> against) throws IOException;
}
