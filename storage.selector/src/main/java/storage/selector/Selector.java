package storage.selector;

import java.util.List;
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
     * Selects and opens. The result has the ability {@link storage.api.LayerHolds} and every ability of the backend, such
     * as {@link storage.api.LayerCheck}.
     *
     * <p>With write access, the choice is recorded in {@code ROOT/storage/active} once the store is open, and decides
     * from then on. When the driver's bundle stops, the store is closed, mounts stay, and its methods answer CLOSED.
     *
     * @throws StorageException with the selection's reasons if no backend can be chosen; what the chosen one throws when
     *     it is opened
     */
    LayerStore open(StoreRequest request) throws StorageException;

    /** The last openings, configured stores included, the newest last. */
    List<Opening> openings();

    /** What happened to configured stores, as far as it is remembered, the newest last. */
    List<Happening> happenings();
}
