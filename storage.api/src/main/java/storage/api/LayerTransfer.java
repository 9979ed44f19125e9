package storage.api;

import java.io.IOException;
import java.io.InputStream;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * An ability of a {@link LayerStore}: what it takes to make the like of a layer in another store, read-write layers
 * included.
 *
 * @see LayerStore#ability
 */
@ConsumerType
public interface LayerTransfer {
    /**
     * The options that a layer was created with; {@link LayerOptions#NONE} for one of another program's making.
     *
     * @throws StorageException NOT_FOUND if there is no such layer
     */
    LayerOptions settings(LayerId id) throws StorageException;

    /**
     * Fills a layer, be it an image or a read-write layer, that has just been created: as {@link LayerStore#applyDiff}
     * does with an image layer, with the same promises.
     *
     * @param id a layer with nothing in it yet
     * @param archive what {@link LayerStore#diff} against the parent wrote
     * @return the sum of the sizes of the regular files in the archive, in bytes
     */
    long fill(LayerId id, InputStream archive) throws IOException;
}
