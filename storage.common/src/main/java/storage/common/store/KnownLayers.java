package storage.common.store;

import java.io.IOException;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;

/** What a store knows of its layers: from our records, the home's own links and the engine's layer database. */
@FunctionalInterface
public interface KnownLayers {
    /** One layer, empty if there is none of that id. Takes no lock. */
    Optional<Layer> layer(LayerId id) throws IOException;
}
