package storage.image.store;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import storage.image.ImageStore.Compression;
import storage.image.ImageStore.Format;
import storage.image.ImageStore.Progress;
import storage.image.meta.ImageConfig;
import storage.image.meta.LayerEntry;
import storage.image.shelf.Shelf;
import storage.image.sink.DockerSave;
import storage.image.sink.LayerArchive;
import storage.image.sink.OciSave;
import storage.image.sink.Outgoing;

/** Writes images out. */
final class Exporter {
    private final Shelf shelf;
    private final Catalog catalog;

    Exporter(Shelf shelf, Catalog catalog) {
        this.shelf = shelf;
        this.catalog = catalog;
    }

    void run(String reference, Format format, Compression compression, OutputStream out, Progress progress)
            throws IOException {
        var bytes = shelf.images().bytes(catalog.resolve(reference));
        var config = ImageConfig.parse(bytes);
        var image = new Outgoing(config, bytes, catalog.name(reference), archives(catalog.entries(config)));
        switch (format) {
            case DOCKER -> new DockerSave(image).writeTo(out, progress);
            case OCI -> new OciSave(image, compression, shelf.scratch()).writeTo(out, progress);
        }
    }

    private List<LayerArchive> archives(List<LayerEntry> entries) {
        var archives = new ArrayList<LayerArchive>();
        var below = Optional.<LayerEntry>empty();
        for (var entry : entries) {
            archives.add(new LayerArchive(shelf.layers(), shelf.layerDb(), entry, below));
            below = Optional.of(entry);
        }
        return archives;
    }
}
