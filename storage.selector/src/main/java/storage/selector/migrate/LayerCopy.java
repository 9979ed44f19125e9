package storage.selector.migrate;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.LayerTransfer;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.common.io.CountedInput;
import storage.common.io.Pump;

/** Copies single layers from one store to another, and compares them. */
final class LayerCopy {
    private final LayerStore from;
    private final LayerStore to;
    private final boolean dropOptions;
    private final Steps steps;
    private final AtomicLong bytes = new AtomicLong();

    /** @param dropOptions whether storage options that the new store does not take are left out */
    LayerCopy(LayerStore from, LayerStore to, boolean dropOptions, Steps steps) {
        this.from = from;
        this.to = to;
        this.dropOptions = dropOptions;
        this.steps = steps;
    }

    /** The size of the archives of what was copied. */
    long bytes() {
        return bytes.get();
    }

    /** Whether the new store has the same layer: on the same parent, of the same kind, showing the same tree. */
    boolean isThere(Layer layer) throws IOException {
        return from.exists(layer.id())
                && to.layer(layer.id()).filter(layer::equals).isPresent()
                && shows(TreeDigest.of(from, layer.id()), layer.id());
    }

    /**
     * Copies a layer whose parent has been copied.
     *
     * @throws StorageException DAMAGED if the copy is not equal to the original; it is removed
     */
    void copy(Layer layer) throws IOException {
        create(layer);
        steps.at("layer created");
        try (var archive = new Pump("storage-migrate", out -> from.diff(layer.id(), layer.parent(), out))) {
            transfer(to).fill(layer.id(), new CountedInput(archive, bytes));
        }
        steps.at("layer filled");
        var original = TreeDigest.of(from, layer.id());
        if (shows(original, layer.id()) || copyWithLinks(layer) && shows(original, layer.id())) {
            return;
        }
        to.remove(layer.id());
        throw StorageException.of(
                        Kind.DAMAGED,
                        "The copy of layer " + layer.id() + " on '" + to.info().driver()
                                + "' is not equal to the original; it was removed",
                        "Run 'storage check --full'. If it finds nothing, report this to the makers of the drivers '"
                                + from.info().driver() + "' and '" + to.info().driver() + "'")
                .forLayer(layer.id());
    }

    /** @return false if there was nothing to add to the first copy, which stays */
    private boolean copyWithLinks(Layer layer) throws IOException {
        return new LostLinks(from, layer).with(archive -> {
            to.remove(layer.id());
            create(layer);
            transfer(to).fill(layer.id(), archive);
        });
    }

    private void create(Layer layer) throws StorageException {
        var options = transfer(from).settings(layer.id());
        try {
            create(layer, options);
        } catch (StorageException e) {
            var refused = e.kind() == Kind.NOT_SUPPORTED || e.kind() == Kind.INVALID;
            if (!refused || options.storageOptions().isEmpty()) {
                throw e;
            }
            if (!dropOptions) {
                throw StorageException.of(
                                Kind.NOT_SUPPORTED,
                                "Layer " + layer.id() + " has the storage options " + options.storageOptions()
                                        + ", which '" + to.info().driver() + "' does not take: " + e.getMessage(),
                                "Add --drop-options to move it without them")
                        .forLayer(layer.id())
                        .causedBy(e);
            }
            create(layer, new LayerOptions(options.mountLabel(), Map.of()));
        }
    }

    private void create(Layer layer, LayerOptions options) throws StorageException {
        if (layer.kind() == Layer.Kind.READ_WRITE) {
            to.createReadWrite(layer.id(), layer.parent(), options);
        } else {
            to.create(layer.id(), layer.parent(), options);
        }
    }

    private static LayerTransfer transfer(LayerStore store) throws StorageException {
        return store.ability(LayerTransfer.class)
                .orElseThrow(() -> StorageException.of(
                        Kind.NOT_SUPPORTED,
                        "The driver '" + store.info().driver()
                                + "' cannot hand over its layers or take those of others",
                        "Move the images with 'storage export' and 'storage import'"));
    }

    private boolean shows(String digest, LayerId id) throws IOException {
        return digest.equals(TreeDigest.of(to, id));
    }
}
