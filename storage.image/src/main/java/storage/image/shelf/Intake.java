package storage.image.shelf;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.common.archive.TarSplit;
import storage.image.meta.Bad;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.LayerDb;
import storage.image.meta.LayerDraft;
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

    /** The archive of a layer, in its source. */
    public interface Archive {
        /** Opens it, uncompressed; sometimes twice. The caller closes it. */
        InputStream open() throws IOException;

        /** Its digest, asked for when it has been read to its end. */
        Digest digest();
    }

    /**
     * Makes a layer of an archive.
     *
     * @param journal where it is written down first
     * @param below the layer to stand on
     * @return the new layer, or the same one that somebody else made meanwhile
     */
    public LayerEntry add(Journal journal, Optional<LayerEntry> below, Archive archive) throws IOException {
        var layer = new LayerId(LayerDb.randomId());
        journal.add(layer);
        shelf.layers().create(layer, below.map(LayerEntry::layer), LayerOptions.NONE);
        try (var draft = shelf.layerDb().begin()) {
            var size = fill(layer, draft, archive);
            var parent = below.map(LayerEntry::chain);
            var chain = ImageConfig.chain(parent, archive.digest());
            var entry = new LayerEntry(chain, archive.digest(), parent, layer, size);
            if (shelf.room().locked(() -> draft.commit(entry))) {
                return entry;
            }
            shelf.removeLayer(layer);
            return existing(chain, below)
                    .orElseThrow(() -> Bad.record("The layer record of chain %s has vanished", chain.brief()));
        }
    }

    private long fill(LayerId layer, LayerDraft draft, Archive archive) throws IOException {
        long size;
        boolean replaced;
        try (var record = draft.tarSplit();
                var recorded = TarSplit.recording(archive.open(), record)) {
            size = shelf.layers().applyDiff(layer, recorded);
            recorded.transferTo(OutputStream.nullOutputStream());
            replaced = recorded.isIncomplete();
        }
        if (replaced) {
            // some of its content is in the archive alone
            try (var record = draft.tarSplit();
                    var all = archive.open()) {
                TarSplit.recordingAll(all, record);
            }
        }
        return size;
    }
}
