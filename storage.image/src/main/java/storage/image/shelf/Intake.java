package storage.image.shelf;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.function.Supplier;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.common.archive.TarSplit;
import storage.image.meta.Bad;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.LayerDb;
import storage.image.meta.LayerEntry;

/** Makes layers of archives, with their records. */
public final class Intake {
    private final Shelf shelf;

    public Intake(Shelf shelf) {
        this.shelf = shelf;
    }

    /**
     * The layer of a chain, if it is there and stands where it should.
     *
     * @throws StorageException DAMAGED if it is recorded but cannot be used
     */
    public Optional<LayerEntry> existing(Digest chain, Optional<LayerEntry> below) throws StorageException {
        var entry = shelf.layerDb().entry(chain);
        if (entry.isEmpty()) {
            return entry;
        }
        var layer = shelf.layers().layer(entry.get().layer());
        if (layer.isEmpty()) {
            throw Bad.record(
                    "The layer %s of chain %s is recorded, but missing in the store",
                    entry.get().layer(), chain.brief());
        }
        if (layer.get().state() != Layer.State.COMPLETE || !layer.get().parent().equals(below.map(LayerEntry::layer))) {
            throw Bad.record(
                    "The layer %s of chain %s is incomplete or stands on another than the recorded one",
                    entry.get().layer(), chain.brief());
        }
        return entry;
    }

    /**
     * Makes a layer of an uncompressed archive.
     *
     * @param journal where it is written down first
     * @param below the layer to stand on
     * @param archive read to its end and closed
     * @param diff the digest of the archive, asked for when that has been read
     * @return the new layer, or the same one that somebody else made meanwhile
     */
    public LayerEntry add(Journal journal, Optional<LayerEntry> below, InputStream archive, Supplier<Digest> diff)
            throws IOException {
        try (archive) {
            var layer = new LayerId(LayerDb.randomId());
            journal.add(layer);
            shelf.layers().create(layer, below.map(LayerEntry::layer), LayerOptions.NONE);
            try (var draft = shelf.layerDb().begin()) {
                long size;
                try (var record = draft.tarSplit();
                        var recorded = TarSplit.recording(archive, record)) {
                    size = shelf.layers().applyDiff(layer, recorded);
                    recorded.transferTo(OutputStream.nullOutputStream());
                }
                var parent = below.map(LayerEntry::chain);
                var chain = ImageConfig.chain(parent, diff.get());
                var entry = new LayerEntry(chain, diff.get(), parent, layer, size);
                if (shelf.room().locked(() -> draft.commit(entry))) {
                    return entry;
                }
                shelf.removeLayer(layer);
                return existing(chain, below)
                        .orElseThrow(() -> Bad.record("The layer record of chain %s has vanished", chain.brief()));
            }
        }
    }
}
