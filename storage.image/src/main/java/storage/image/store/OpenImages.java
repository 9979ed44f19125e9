package storage.image.store;

import org.osgi.service.component.annotations.Component;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.image.ImageStore;
import storage.image.Images;

/** The service. It holds nothing: whatever store it is given, what there is to know lies on disk. */
@Component(service = Images.class)
public final class OpenImages implements Images {
    @Override
    public ImageStore over(LayerStore layers) throws StorageException {
        return StoredImages.over(layers);
    }
}
