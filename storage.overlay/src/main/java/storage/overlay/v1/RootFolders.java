package storage.overlay.v1;

import java.io.IOException;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.HomeFiles;

/**
 * The layout: a layer is {@code ID/root}, a whole tree that shares its files with its parent's by hard links, or
 * {@code ID/{lower-id,upper,work}} on such a tree, whose id {@code lower-id} holds.
 */
final class RootFolders {
    private final HomeFiles files;

    RootFolders(HomeFiles files) {
        this.files = files;
    }

    static String root(LayerId id) {
        return id + "/root";
    }

    static String upper(LayerId id) {
        return id + "/upper";
    }

    static String work(LayerId id) {
        return id + "/work";
    }

    static String lowerId(LayerId id) {
        return id + "/lower-id";
    }

    /** Where a tree is put together; the engine's begin so too, with digits behind. */
    static String temporary(LayerId id) {
        return id + "/tmproot";
    }

    /** Whether a layer is a tree of its own. */
    boolean hasRoot(LayerId id) throws IOException {
        return files.exists(root(id));
    }

    /** The layer on whose root one without stands. */
    LayerId lower(LayerId id) throws IOException {
        var text =
                files.read(lowerId(id)).orElseThrow(() -> damaged(id, "it has neither a root nor a file 'lower-id'"));
        if (!LayerId.isValid(text)) {
            throw damaged(id, "its file 'lower-id' is cut off or overwritten");
        }
        return new LayerId(text);
    }

    static StorageException damaged(LayerId id, String how) {
        return StorageException.of(
                        StorageException.Kind.DAMAGED,
                        "Layer " + id + " is damaged: " + how,
                        "Run 'storage check --repair', or remove the layer and import its image again")
                .forLayer(id);
    }
}
