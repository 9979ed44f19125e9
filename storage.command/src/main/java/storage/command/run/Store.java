package storage.command.run;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerHolds;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.image.ImageStore;
import storage.image.ImageStore.Image;

/** An open store with its images, closed at the end of the command. */
public final class Store implements AutoCloseable {
    private final Stores stores;
    private final LayerStore layers;
    private final boolean own;
    private ImageStore images;

    /** @param own whether the command opened it, and so closes it */
    public Store(Stores stores, LayerStore layers, boolean own) {
        this.stores = stores;
        this.layers = layers;
        this.own = own;
    }

    public LayerStore layers() {
        return layers;
    }

    /** The images; the metadata is read at the first call only, since many commands need none. */
    public ImageStore images() throws StorageException {
        if (images == null) {
            images = stores.images(layers);
        }
        return images;
    }

    /** The layer of that id, or what the user can do about there being none. */
    public Layer layer(LayerId id) throws StorageException {
        var layer = layers.layer(id);
        if (layer.isPresent()) {
            return layer.get();
        }
        throw StorageException.of(
                        StorageException.Kind.NOT_FOUND,
                        "There is no layer " + id + " in the " + layers.info().driver() + " store at "
                                + layers.info().root(),
                        "List the layers with 'storage ls'")
                .forLayer(id);
    }

    /** Named holds, which every store of the selector has. */
    public LayerHolds holds() throws StorageException {
        return layers.ability(LayerHolds.class)
                .orElseThrow(() -> StorageException.of(
                        StorageException.Kind.NOT_SUPPORTED,
                        "This store records no holders",
                        "Use a store that storage.selector opened"));
    }

    /** Everyone who holds something, by layer. */
    public Map<LayerId, List<LayerHolds.Hold>> holders() throws StorageException {
        var ability = layers.ability(LayerHolds.class);
        Map<LayerId, List<LayerHolds.Hold>> holders = new HashMap<>();
        if (ability.isPresent()) {
            for (var hold : ability.get().holds()) {
                holders.computeIfAbsent(hold.layer(), id -> new java.util.ArrayList<>())
                        .add(hold);
            }
        }
        return holders;
    }

    /** The image that shows what a layer stands on: the nearest of its ancestors that is the top of one. */
    public Optional<Image> imageBelow(Layer layer) throws StorageException {
        Map<LayerId, Image> tops = new HashMap<>();
        for (var image : images().images()) {
            image.top().ifPresent(top -> tops.putIfAbsent(top, image));
        }
        var at = Optional.of(layer);
        for (var depth = 0; at.isPresent() && depth < 1000; depth++) {
            var image = tops.get(at.get().id());
            if (image != null) {
                return Optional.of(image);
            }
            var parent = at.get().parent();
            at = parent.isPresent() ? layers.layer(parent.get()) : Optional.empty();
        }
        return Optional.empty();
    }

    @Override
    public void close() throws StorageException {
        if (own) {
            layers.close();
        }
    }
}
