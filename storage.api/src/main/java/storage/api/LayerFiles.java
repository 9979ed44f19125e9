package storage.api;

import java.io.IOException;
import java.io.InputStream;

/**
 * Direct access to the regular files that a layer itself holds, without mounting it.
 *
 * <p>On backends that keep only what a layer changed, files of its parents are not seen here; on those that keep whole
 * trees they are.
 */
public interface LayerFiles extends AutoCloseable {
    /**
     * Opens a regular file for reading.
     *
     * @param path from the layer's root, with or without a leading {@code /}. A symbolic link in the place of a directory
     *     leads to where it leads in the mounted tree, as it did for the archive that brought the file in; one in the
     *     place of the file is not followed
     * @return its content; the caller closes it
     * @throws StorageException of kind {@link StorageException.Kind#NOT_FOUND} if the layer holds no such file
     * @throws IOException if it cannot be read
     */
    InputStream open(String path) throws IOException;

    /** Ends the access; streams handed out before stay open. */
    @Override
    void close() throws StorageException;
}
