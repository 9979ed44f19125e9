package storage.common.store;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StoreInfo;

/**
 * What the metadata of images says of layers, read once. The engine's layer database has {@code layerdb/sha256/CHAIN/{cache-id,parent}} of images and
 * {@code layerdb/mounts/CONTAINER/{mount-id,init-id,parent}} of containers. The parent of a container's layer is its init
 * layer where it has one, whose parent is the image's top layer. Of layers with other ids than the engine's there is a
 * {@link ContainerRecord}.
 *
 * <p>Entries that cannot be read, as while an engine writes them, are passed over.
 */
final class LayerDatabase {
    /** One layer as the engine knows it. */
    record Known(Optional<LayerId> parent, Layer.Kind kind) {}

    private final boolean present;
    private final Map<LayerId, Known> layers = new HashMap<>();

    private LayerDatabase(boolean present) {
        this.present = present;
    }

    static LayerDatabase read(StoreInfo info) throws IOException {
        var folder = info.image().resolve("layerdb");
        var database = new LayerDatabase(Files.isDirectory(folder));
        var chains = new HashMap<String, LayerId>();
        for (var algorithm : List.of("sha256", "sha384", "sha512")) {
            for (var entry : entries(folder.resolve(algorithm))) {
                id(entry.resolve("cache-id")).ifPresent(id -> chains.put(algorithm + ":" + entry.getFileName(), id));
            }
        }
        for (var chain : chains.entrySet()) {
            database.image(folder, chain.getKey(), chain.getValue(), chains);
        }
        for (var entry : entries(folder.resolve("mounts"))) {
            database.container(entry, chains);
        }
        for (var entry : entries(ContainerRecord.folder(info))) {
            database.own(info, entry);
        }
        return database;
    }

    private void own(StoreInfo info, Path entry) throws IOException {
        var layer = ContainerRecord.layer(entry.getFileName().toString());
        if (layer.isPresent() && !layers.containsKey(layer.get())) {
            try {
                ContainerRecord.read(info, layer.get())
                        .flatMap(ContainerRecord::parentId)
                        .ifPresent(parent ->
                                layers.put(layer.get(), new Known(Optional.of(parent), Layer.Kind.READ_WRITE)));
            } catch (StorageException e) {
                // says no more than one that is not there; the check of the images names it
            }
        }
    }

    private void image(Path folder, String chain, LayerId id, Map<String, LayerId> chains) throws IOException {
        var parent = text(folder.resolve(chain.replace(':', '/')).resolve("parent"));
        if (parent.isEmpty()) {
            layers.put(id, new Known(Optional.empty(), Layer.Kind.IMAGE));
        } else if (chains.containsKey(parent.get())) {
            layers.put(id, new Known(Optional.of(chains.get(parent.get())), Layer.Kind.IMAGE));
        }
    }

    private void container(Path entry, Map<String, LayerId> chains) throws IOException {
        var mount = id(entry.resolve("mount-id"));
        var init = id(entry.resolve("init-id"));
        var chain = text(entry.resolve("parent"));
        if (chain.isPresent() && !chains.containsKey(chain.get())) {
            return;
        }
        var image = chain.map(chains::get);
        init.ifPresent(id -> layers.put(id, new Known(image, Layer.Kind.READ_WRITE)));
        mount.ifPresent(id -> layers.put(id, new Known(init.or(() -> image), Layer.Kind.READ_WRITE)));
    }

    /** Whether the engine's database is there at all. */
    boolean isPresent() {
        return present;
    }

    Optional<Known> find(LayerId id) {
        return Optional.ofNullable(layers.get(id));
    }

    private static Optional<LayerId> id(Path file) throws IOException {
        return text(file).filter(LayerId::isValid).map(LayerId::new);
    }

    /** The content of a small file, empty if there is none or it holds nothing. */
    private static Optional<String> text(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (var in = new FileInputStream(file.toFile())) {
            return Optional.of(new String(in.readNBytes(4096), StandardCharsets.US_ASCII).trim())
                    .filter(text -> !text.isEmpty());
        } catch (java.io.FileNotFoundException e) {
            return Optional.empty();
        }
    }

    private static List<Path> entries(Path folder) throws IOException {
        var entries = new ArrayList<Path>();
        try (var stream = Files.newDirectoryStream(folder)) {
            stream.forEach(entries::add);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return entries;
    }
}
