package storage.image.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Collection;
import java.util.Optional;
import storage.api.LayerId;
import storage.common.io.AtomicFile;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.LayerEntry;
import storage.image.shelf.Shelf;

/**
 * What can be told of a layer whose record is damaged. The chain id names it; an image that has the chain tells diff and
 * parent; only the id in the store can be told by nothing else, so that is never guessed.
 */
final class Derived {
    private Derived() {}

    /** The record as it must have been, if it can be told. */
    static Optional<LayerEntry> of(Shelf shelf, Digest chain, Collection<ImageConfig> images) {
        var layer = cacheId(shelf, chain);
        if (layer.isEmpty()) {
            return Optional.empty();
        }
        for (var image : images) {
            var chains = image.chains();
            var at = chains.indexOf(chain);
            if (at >= 0) {
                var parent = at == 0 ? Optional.<Digest>empty() : Optional.of(chains.get(at - 1));
                return size(shelf, layer.get())
                        .map(size -> new LayerEntry(chain, image.diffIds().get(at), parent, layer.get(), size));
            }
        }
        return Optional.empty();
    }

    private static Optional<Long> size(Shelf shelf, LayerId layer) {
        try {
            var known = shelf.layers().layer(layer);
            return known.isPresent()
                    ? Optional.of(shelf.layers().diffSize(layer, known.get().parent()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The id in the store, if that much can be read. */
    static Optional<LayerId> cacheId(Shelf shelf, Digest chain) {
        return text(shelf, chain, "cache-id").filter(LayerId::isValid).map(LayerId::new);
    }

    /** The parent, if that much can be read. */
    static Optional<Digest> parent(Shelf shelf, Digest chain) {
        return text(shelf, chain, "parent").flatMap(Digest::find);
    }

    private static Optional<String> text(Shelf shelf, Digest chain, String name) {
        var file = shelf.layerDb().folder(chain).resolve(name);
        try {
            return Files.isRegularFile(file) && Files.size(file) < 4096
                    ? Optional.of(
                            Files.readString(file, StandardCharsets.ISO_8859_1).trim())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Writes the small files of a record anew. */
    static void write(Shelf shelf, LayerEntry entry) throws IOException {
        var folder = shelf.layerDb().folder(entry.chain());
        put(folder.resolve("diff"), entry.diff().toString());
        put(folder.resolve("size"), Long.toString(entry.size()));
        if (entry.parent().isPresent()) {
            put(folder.resolve("parent"), entry.parent().get().toString());
        } else {
            Files.deleteIfExists(folder.resolve("parent"));
        }
    }

    private static void put(java.nio.file.Path file, String text) throws IOException {
        AtomicFile.write(file, text.getBytes(StandardCharsets.US_ASCII), 0644);
    }
}
