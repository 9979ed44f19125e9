package storage.api;

import java.nio.file.Path;

/**
 * A hold on a mounted layer, given back by {@link #close()}.
 *
 * <p>Closing twice is closing once. A mount that was taken before the backend was exchanged may be closed after.
 */
public interface Mount extends AutoCloseable {
    /** The layer. */
    LayerId layer();

    /** Where its tree can be seen. */
    Path path();

    /**
     * Gives the hold back; the last one unmounts.
     *
     * @throws StorageException if the layer could not be unmounted; the hold is given back all the same
     */
    @Override
    void close() throws StorageException;
}
