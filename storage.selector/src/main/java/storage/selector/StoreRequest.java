package storage.selector;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import storage.api.IdMaps;
import storage.api.StoreInfo.Access;

/**
 * Which store is wanted.
 *
 * @param root the data root, absolute
 * @param driver the backend that it has to be, empty to let the selector choose
 * @param options driver options, as {@code overlay2.size=10G}
 * @param idMaps how ids map between layers and host
 * @param access whether it will be written to
 * @param newStore whether a named driver may start an empty store although layers of another are below the root
 */
public record StoreRequest(
        Path root,
        Optional<String> driver,
        Map<String, String> options,
        IdMaps idMaps,
        Access access,
        boolean newStore) {
    public StoreRequest {
        if (!root.isAbsolute()) {
            throw new IllegalArgumentException("A data root is an absolute path: " + root);
        }
        root = root.normalize();
        Objects.requireNonNull(driver);
        options = Map.copyOf(options);
        Objects.requireNonNull(idMaps);
        Objects.requireNonNull(access);
    }

    /** The best backend at a root, for writing. */
    public static StoreRequest at(Path root) {
        return new StoreRequest(root, Optional.empty(), Map.of(), IdMaps.IDENTITY, Access.WRITE, false);
    }
}
