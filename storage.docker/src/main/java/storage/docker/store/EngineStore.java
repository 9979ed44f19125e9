package storage.docker.store;

import storage.api.LayerStore;
import storage.api.StorageException;

/** The store behind a plugin. It may come and go; calls wait for it within bounds. */
public interface EngineStore extends AutoCloseable {
    /**
     * Has the store opened, in place of another one that may be open.
     *
     * @throws StorageException if it cannot be
     */
    void open(StoreWish wish) throws StorageException;

    /** The same without waiting for it: what goes wrong is told to whoever calls {@link #store}. */
    void begin(StoreWish wish) throws StorageException;

    /**
     * The store, waited for.
     *
     * @throws StorageException if it is not there in time, or none was ever asked for
     */
    LayerStore store() throws StorageException;

    /** Closes the store; mounts stay. */
    @Override
    void close() throws StorageException;
}
