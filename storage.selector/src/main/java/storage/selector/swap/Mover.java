package storage.selector.swap;

import java.time.Duration;
import storage.api.StorageException;

/**
 * Brings a store that has layers to another driver. A service within this bundle; the configuration
 * {@code moveToBetter=migrate} has a store moved by it when a better backend appears. Without the service such a store
 * stays, and says so.
 */
public interface Mover {
    /**
     * Begins to move a store and returns; the work is done in the background, ends in {@link MovableStore#moveTo}, and tells
     * of itself. A move of the same store that goes on already is left to go on.
     *
     * @param patience how long to wait for layers in use
     * @throws StorageException if it cannot begin
     */
    void begin(MovableStore store, String driver, Duration patience) throws StorageException;
}
