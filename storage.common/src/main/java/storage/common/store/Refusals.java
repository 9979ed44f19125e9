package storage.common.store;

import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;

/** What is said when a rule stands against a call. */
public final class Refusals {
    private Refusals() {}

    static StorageException alreadyExists(LayerId id) {
        return StorageException.of(Kind.ALREADY_EXISTS, "There is a layer " + id + " already", "Choose another id")
                .forLayer(id);
    }

    static StorageException notFound(LayerId id, StoreInfo info) {
        return StorageException.of(
                        Kind.NOT_FOUND,
                        "There is no layer " + id + " in " + info.home(),
                        "See 'storage ls' for those there are")
                .forLayer(id);
    }

    static StorageException incomplete(LayerId id) {
        return StorageException.of(
                        Kind.INCOMPLETE,
                        "Layer " + id + " was cut off while it was made, filled or removed",
                        "Remove it and make it anew: rm " + id)
                .forLayer(id);
    }

    static StorageException hasChildren(LayerId id, LayerId child) {
        return StorageException.of(
                        Kind.HAS_CHILDREN, "Layer " + child + " stands on layer " + id, "Remove " + child + " first")
                .forLayer(id);
    }

    static StorageException readOnly(StoreInfo info) {
        return StorageException.of(
                Kind.CLOSED,
                "The store " + info.driver() + " of " + info.root() + " was opened for reading only",
                "Open it for writing");
    }

    /** What a store that was opened for reading answers where it would have to mount. */
    public static StorageException notForReaders(LayerId id) {
        return StorageException.of(
                        Kind.CLOSED,
                        "Layer " + id + " would have to be mounted, and the store was opened for reading only",
                        "Mount it first, or open the store for writing")
                .forLayer(id);
    }
}
