package storage.command.layer;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Store;
import storage.command.run.Verb;
import storage.image.ImageStore.Image;

/** {@code create}. */
public final class CreateLayer implements Verb {
    @Parameters(paramLabel = "ID", description = "The new layer's id.")
    String id;

    @Option(names = "--from", paramLabel = "NAME", description = "The image to stand on.")
    String from;

    @Option(names = "--parent", paramLabel = "LAYER", description = "The layer to stand on.")
    String parent;

    @Option(
            names = "--layer",
            description = "Make an image layer, to be filled with 'apply' and read-only from then on.")
    boolean imageLayer;

    @Option(names = "--label", paramLabel = "LABEL", description = "The security label of the layer's mounts.")
    String label = "";

    @Override
    public int run(Run run) throws Exception {
        if (from != null && parent != null) {
            throw run.usage("A layer stands on one thing: give --from or --parent, not both");
        }
        var layer = Run.id(id);
        // a dot tells the driver's options (overlay2.size, dm.fs) from those of a layer (size)
        Map<String, String> driver = new LinkedHashMap<>();
        Map<String, String> own = new LinkedHashMap<>();
        run.options().forEach((key, value) -> (key.contains(".") ? driver : own).put(key, value));
        var request = run.request(Access.WRITE, driver);
        try (var store = from == null && parent == null ? run.open(request) : run.open(request, this::below)) {
            create(store, layer, new LayerOptions(label, own));
        }
        if (run.json()) {
            run.json(Map.of("id", layer.value()));
        } else {
            run.out().line(layer.value());
        }
        return ExitCode.OK;
    }

    private void create(Store store, LayerId layer, LayerOptions options) throws Exception {
        Optional<Image> image =
                from == null ? Optional.empty() : Optional.of(store.images().image(from));
        var below = image.isPresent() ? image.get().top() : below(store);
        if (imageLayer) {
            store.layers().create(layer, below, options);
            return;
        }
        store.layers().createReadWrite(layer, below, options);
        if (image.isPresent()) {
            adopt(store, layer, image.get());
        }
    }

    private Optional<LayerId> below(Store store) throws StorageException {
        if (parent != null) {
            return Optional.of(store.layer(Run.id(parent)).id());
        }
        return from == null ? Optional.empty() : store.images().image(from).top();
    }

    private static void adopt(Store store, LayerId layer, Image image) throws Exception {
        try {
            store.images().adopt(layer, image);
        } catch (Throwable e) {
            try {
                store.layers().remove(layer);
            } catch (Exception again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }
}
