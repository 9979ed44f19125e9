package storage.image;

import org.osgi.annotation.versioning.ProviderType;
import storage.api.LayerStore;
import storage.api.StorageException;

/** The service that gives the images of a layer store. */
@ProviderType
public interface Images {
    /**
     * The images over a store. They have the store's access: over one opened for reading, nothing is written.
     *
     * @throws StorageException DAMAGED if the metadata cannot be read at all
     */
    ImageStore over(LayerStore layers) throws StorageException;
}
