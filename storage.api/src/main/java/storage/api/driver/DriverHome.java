package storage.api.driver;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import storage.api.IdMaps;
import storage.api.StoreInfo;

/**
 * Where a driver works and how.
 *
 * @param root the data root, absolute
 * @param options the driver's options, such as {@code overlay2.size=10G} or {@code dm.fs=xfs}; keys as the engine's
 * @param idMaps how ids map between layers and host
 * @param access whether this opening may write
 */
public record DriverHome(Path root, Map<String, String> options, IdMaps idMaps, StoreInfo.Access access) {
    public DriverHome {
        if (!root.isAbsolute()) {
            throw new IllegalArgumentException("A data root is an absolute path: " + root);
        }
        root = root.normalize();
        options = Map.copyOf(options);
        Objects.requireNonNull(idMaps);
        Objects.requireNonNull(access);
    }

    /** A root with no options, opened for writing. */
    public static DriverHome at(Path root) {
        return new DriverHome(root, Map.of(), IdMaps.IDENTITY, StoreInfo.Access.WRITE);
    }

    /** The same, for reading only. */
    public DriverHome readOnly() {
        return new DriverHome(root, options, idMaps, StoreInfo.Access.READ);
    }

    /** Everything about a store of this driver here. */
    public StoreInfo info(GraphDriver driver) {
        var folder = driver.homeName();
        return new StoreInfo(
                driver.name(),
                root,
                root.resolve(folder),
                root.resolve("image").resolve(folder),
                root.resolve("storage").resolve(folder),
                idMaps,
                access);
    }
}
