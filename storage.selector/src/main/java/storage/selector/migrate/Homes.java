package storage.selector.migrate;

import java.nio.file.Path;
import java.util.Map;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo;

/** Opens the homes of drivers for a migration, whatever a selection would say. */
public interface Homes {
    /**
     * Where a driver's home and what belongs to it lie.
     *
     * @throws StorageException PREREQUISITES or INVALID if no such driver is installed
     */
    StoreInfo info(Path root, String driver) throws StorageException;

    /** Opens a driver's home for writing. Nothing is recorded. */
    LayerStore open(Path root, String driver, Map<String, String> options) throws StorageException;

    /** How many layers lie in a driver's home. Opens nothing. */
    int layers(Path root, String driver) throws StorageException;
}
