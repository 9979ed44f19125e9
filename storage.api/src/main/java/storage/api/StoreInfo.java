package storage.api;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Which store this is.
 *
 * @param driver the name of the backend, as in {@code storage.driver.name}
 * @param root the data root that the store shares with its images, as an engine's data root
 * @param home the backend's own folder below it
 * @param image the folder of the image metadata that goes with the backend: {@code ROOT/image/DRIVER}
 * @param state the folder of what only this runtime records: {@code ROOT/storage/DRIVER}
 * @param idMaps how ids map between layers and host
 * @param access what this opening may do
 */
public record StoreInfo(String driver, Path root, Path home, Path image, Path state, IdMaps idMaps, Access access) {
    public StoreInfo {
        Objects.requireNonNull(driver);
        Objects.requireNonNull(root);
        Objects.requireNonNull(home);
        Objects.requireNonNull(image);
        Objects.requireNonNull(state);
        Objects.requireNonNull(idMaps);
        Objects.requireNonNull(access);
    }

    /** What an opening of a store may do. */
    public enum Access {
        /** Look only: works beside another process that holds the store. Nothing on disk is created or repaired. */
        READ,
        /** Everything: one process at a time. Opening repairs what a crash left. */
        WRITE
    }
}
