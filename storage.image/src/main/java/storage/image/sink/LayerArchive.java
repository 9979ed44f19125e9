package storage.image.sink;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.util.Optional;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.common.archive.TarSplit;
import storage.image.meta.Digest;
import storage.image.meta.LayerDb;
import storage.image.meta.LayerEntry;

/** The archive of a layer as it was brought in: from the record that was kept of it and the layer's files. */
public final class LayerArchive {
    private final LayerStore layers;
    private final LayerDb records;
    private final LayerEntry entry;
    private final Optional<LayerId> below;
    private String current = "";

    /**
     * @param entry the layer
     * @param below the layer that it stands on
     */
    public LayerArchive(LayerStore layers, LayerDb records, LayerEntry entry, Optional<LayerEntry> below) {
        this.layers = layers;
        this.records = records;
        this.entry = entry;
        this.below = below.map(LayerEntry::layer);
    }

    /** The layer. */
    LayerEntry entry() {
        return entry;
    }

    /** The file of the layer that was read last, empty before the first and after the last. */
    public String current() {
        return current;
    }

    /** How many bytes it has. Reads the record only, or writes everything once into nothing if there is no record. */
    long size() throws IOException {
        var record = records.tarSplit(entry.chain());
        if (record.isPresent()) {
            try (var in = record.get()) {
                return SplitSize.of(in, entry);
            }
        }
        var counting = new Counting(OutputStream.nullOutputStream());
        layers.diff(entry.layer(), below, counting);
        return counting.count();
    }

    /**
     * Writes the archive.
     *
     * @throws StorageException DAMAGED, naming the layer, if what was written is not what was brought in
     */
    public void writeTo(OutputStream out) throws IOException {
        var digesting = new DigestOutputStream(out, Digest.hasher("sha256"));
        var record = records.tarSplit(entry.chain());
        if (record.isPresent()) {
            try (var in = record.get();
                    var files = layers.files(entry.layer())) {
                reassemble(in, files, digesting);
            }
        } else {
            layers.diff(entry.layer(), below, digesting);
        }
        var actual = Digest.of("sha256", digesting.getMessageDigest().digest());
        if (!actual.equals(entry.diff())) {
            throw damaged("Layer %s has the digest %s instead of %s: its files are not what was brought in"
                    .formatted(entry.layer(), actual, entry.diff()));
        }
    }

    private void reassemble(InputStream record, LayerFiles files, OutputStream out) throws IOException {
        try {
            TarSplit.reassemble(record, new Remembering(files), out);
            current = "";
        } catch (java.io.EOFException | java.util.zip.ZipException e) {
            throw damaged("The archive record of layer %s is cut off or damaged".formatted(entry.layer()))
                    .causedBy(e);
        } catch (StorageException e) {
            throw e.kind() == StorageException.Kind.NOT_FOUND
                    ? damaged("Layer %s is not whole: %s".formatted(entry.layer(), e.getMessage()))
                            .causedBy(e)
                    : e.layer().isPresent() ? e : e.forLayer(entry.layer());
        }
    }

    private StorageException damaged(String message) {
        return StorageException.of(
                        StorageException.Kind.DAMAGED,
                        message,
                        "Run 'storage check --repair' and import the image again")
                .forLayer(entry.layer());
    }

    /** Knows which file it was when one cannot be read. */
    private final class Remembering implements LayerFiles {
        private final LayerFiles files;

        Remembering(LayerFiles files) {
            this.files = files;
        }

        @Override
        public InputStream open(String path) throws IOException {
            current = path;
            return files.open(path);
        }

        @Override
        public void close() {
            // whoever opened the files closes them
        }
    }
}
