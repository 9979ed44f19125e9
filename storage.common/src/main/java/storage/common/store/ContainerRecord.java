package storage.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.common.io.JsonFile;

/**
 * What a read-write layer was made from: {@code ROOT/storage/DRIVER/containers/ID.json}, for layers that stand on images.
 * The engine has the same in its layer database, for ids that it can take. The parent is here as well as in the layer's
 * own record, so that one damaged file loses nothing.
 *
 * @param image the image's id, or null
 * @param chain the chain id of the image's top layer, empty or null if it has none
 * @param parent the layer that it stands on, or null
 */
public record ContainerRecord(String image, String chain, String parent) {
    private static final String FOLDER = "containers";
    private static final String SUFFIX = ".json";

    /** The folder of all these records. */
    public static Path folder(StoreInfo info) {
        return info.state().resolve(FOLDER);
    }

    public static Path file(StoreInfo info, LayerId layer) {
        return folder(info).resolve(layer + SUFFIX);
    }

    /** The layer that a file in the folder is about; empty if it is no such record. */
    public static Optional<LayerId> layer(String fileName) {
        return Optional.of(fileName)
                .filter(name -> name.endsWith(SUFFIX))
                .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                .filter(LayerId::isValid)
                .map(LayerId::new);
    }

    /**
     * Reads a record.
     *
     * @return empty if there is none
     * @throws storage.api.StorageException DAMAGED if it cannot be read
     */
    public static Optional<ContainerRecord> read(StoreInfo info, LayerId layer) throws IOException {
        return JsonFile.read(file(info, layer), ContainerRecord.class);
    }

    /** The layer that it stands on, if that is recorded. */
    Optional<LayerId> parentId() {
        return Optional.ofNullable(parent).filter(LayerId::isValid).map(LayerId::new);
    }
}
