package storage.selector;

import org.osgi.annotation.versioning.ProviderType;
import storage.api.LayerStore;
import storage.api.StorageException;

/**
 * Chooses a backend for a store, and says why.
 *
 * <p>The service is registered while the bundle is active and sees every {@code GraphDriver} of the framework. Stores
 * that are configured through ConfigAdmin are opened with it; command lines and tests use it directly.
 */
@ProviderType
public interface Selector {
    /** Goes through the whole reasoning without opening or changing anything. Never throws for a backend's sake. */
    Selection select(StoreRequest request);

    /**
     * Selects and opens. The result implements {@link storage.api.LayerHolds} and, where the backend does,
     * {@link storage.api.LayerCheck}.
     *
     * @throws StorageException with the selection's reasons if no backend can be chosen; what the chosen one throws when
     *     it is opened
     */
    LayerStore open(StoreRequest request) throws StorageException;
}
