package storage.docker.store;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import storage.api.IdMaps;

/**
 * Which store the engine's layers lie in.
 *
 * @param root its data root
 * @param driver the backend that it has to be, empty to let the selector choose
 * @param options driver options
 * @param idMaps how ids map between layers and host
 */
public record StoreWish(Path root, Optional<String> driver, Map<String, String> options, IdMaps idMaps) {
    public StoreWish {
        options = Map.copyOf(options);
    }
}
