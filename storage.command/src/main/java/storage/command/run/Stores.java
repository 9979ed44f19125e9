package storage.command.run;

import java.nio.file.Path;
import java.util.Optional;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.image.ImageStore;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/** Where commands get their stores from: the services of the framework, seen at the time of the call. */
public interface Stores {
    /** The selection. */
    Selector selector() throws StorageException;

    /** Opens what the request means, or hands out the store that a configuration has opened for the same root. */
    Store open(StoreRequest request) throws StorageException;

    /** The images over a store. */
    ImageStore images(LayerStore layers) throws StorageException;

    /** The root and the driver that this framework is set to, if it is: framework properties. */
    Optional<String> configured(String name);

    /** The root of a request whose {@code --root} was not given. */
    default Path root(Globals globals) {
        return globals.root(configured("storage.root"));
    }
}
