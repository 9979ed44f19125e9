package storage.image.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import storage.api.LayerCheck.Finding;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.image.ImageStore;
import storage.image.check.ImageCheck;
import storage.image.check.ImageRepair;
import storage.image.flow.Packed;
import storage.image.meta.Digest;
import storage.image.meta.ImageName;
import storage.image.meta.LayerEntry;
import storage.image.shelf.Room;
import storage.image.shelf.Shelf;
import storage.image.shelf.Undo;
import storage.image.sink.LayerArchive;
import storage.image.source.Members;
import storage.image.source.Sources;

/** The images of a store: each question is answered from the disk, each change goes through a type of its own. */
final class StoredImages implements ImageStore {
    private final Shelf shelf;
    private final Catalog catalog;
    private final Sources sources;
    /** What the last full check found out about content, for the repair. */
    private volatile Set<Digest> badContent = Set.of();

    private StoredImages(Shelf shelf) {
        this.shelf = shelf;
        catalog = new Catalog(shelf);
        sources = new Sources(shelf.scratch(), shelf.limits());
    }

    /** The images over a store. With write access, repairs what a crash left. */
    static StoredImages over(LayerStore layers) throws StorageException {
        var shelf = Shelf.of(layers);
        if (shelf.isWritable()) {
            call("open the images", () -> {
                new Undo(shelf).recover();
                return null;
            });
        }
        return new StoredImages(shelf);
    }

    @Override
    public LayerStore layers() {
        return shelf.layers();
    }

    @Override
    public List<Image> importFrom(Path source, ImportOptions options, Progress progress) throws IOException {
        shelf.refuseReading();
        if (source.toString().equals("-")) {
            return importFrom(System.in, options, progress);
        }
        try (var members = sources.open(source, progress)) {
            return importFrom(members, options, progress);
        }
    }

    @Override
    public List<Image> importFrom(InputStream source, ImportOptions options, Progress progress) throws IOException {
        shelf.refuseReading();
        try (var members = sources.open(source, progress)) {
            return importFrom(members, options, progress);
        }
    }

    private List<Image> importFrom(Members members, ImportOptions options, Progress progress) throws IOException {
        var images = new ArrayList<Image>();
        for (var id : new Importer(shelf).run(members, options, progress)) {
            images.add(catalog.image(id));
        }
        return images;
    }

    @Override
    public void export(String reference, Format format, Compression compression, OutputStream out, Progress progress)
            throws IOException {
        new Exporter(shelf, catalog).run(reference, format, compression, out, progress);
    }

    @Override
    public List<Image> images() throws StorageException {
        return catalog.images();
    }

    @Override
    public List<Unusable> unusable() throws StorageException {
        return catalog.unusable();
    }

    @Override
    public Image image(String reference) throws StorageException {
        return catalog.image(catalog.resolve(reference));
    }

    @Override
    public byte[] configuration(String reference) throws StorageException {
        return shelf.images().bytes(catalog.resolve(reference));
    }

    @Override
    public Image commit(LayerId layer, String name, Map<String, String> changes, Progress progress) throws IOException {
        shelf.refuseReading();
        return catalog.image(new Committer(shelf, catalog).run(layer, name, changes, progress));
    }

    @Override
    public Image tag(String reference, String name) throws StorageException {
        shelf.refuseReading();
        var parsed = ImageName.parse(name);
        return call(
                "name an image",
                () -> shelf.room().locked(() -> {
                    var id = catalog.resolve(reference);
                    shelf.names().put(parsed, id);
                    shelf.images().touch(id);
                    return catalog.image(id);
                }));
    }

    @Override
    public Pruned delete(String reference, boolean force) throws StorageException {
        shelf.refuseReading();
        return call("delete an image", () -> new Removal(shelf, catalog).delete(reference, force));
    }

    @Override
    public Pruned prune(boolean dryRun) throws StorageException {
        if (!dryRun) {
            shelf.refuseReading();
        }
        return call("prune", () -> new Removal(shelf, catalog).prune(dryRun));
    }

    @Override
    public List<Usage> usage() throws StorageException {
        return catalog.usage();
    }

    @Override
    public void diff(LayerId id, OutputStream out) throws IOException {
        var layer = shelf.layers()
                .layer(id)
                .orElseThrow(() -> StorageException.of(
                                StorageException.Kind.NOT_FOUND,
                                "There is no layer " + id,
                                "List them with 'storage ls'")
                        .forLayer(id));
        var entry = shelf.layerDb().of(id);
        if (entry.isEmpty() || shelf.layerDb().tarSplit(entry.get().chain()).isEmpty()) {
            shelf.layers().diff(id, layer.parent(), out);
            return;
        }
        var parent = entry.get().parent();
        var below = parent.isPresent() ? shelf.layerDb().entry(parent.get()) : java.util.Optional.<LayerEntry>empty();
        new LayerArchive(shelf.layers(), shelf.layerDb(), entry.get(), below).writeTo(out);
    }

    @Override
    public long apply(LayerId layer, InputStream archive) throws IOException {
        return shelf.layers().applyDiff(layer, Packed.any(archive, shelf.limits()));
    }

    @Override
    public void adopt(LayerId id, Image image) throws StorageException {
        shelf.refuseReading();
        var layer = shelf.layers()
                .layer(id)
                .orElseThrow(() -> StorageException.of(StorageException.Kind.NOT_FOUND, "There is no layer " + id)
                        .forLayer(id));
        call(
                "record layer " + id,
                () -> shelf.room().locked(() -> {
                    var config = shelf.images().config(Digest.parseSha256(image.id(), "The image"));
                    var chains = config.chains();
                    var top =
                            chains.stream().skip(Math.max(0, chains.size() - 1)).findFirst();
                    shelf.readWrites().add(id, layer.parent(), config.id(), top);
                    return null;
                }));
    }

    @Override
    public List<Finding> findings(boolean full, Progress progress) throws StorageException {
        var damages = new ImageCheck(shelf).run(full, progress);
        if (full) {
            var bad = new HashSet<Digest>();
            damages.stream()
                    .filter(damage -> damage.remedy() == ImageCheck.Remedy.SET_CHAIN_ASIDE)
                    .forEach(damage -> damage.chain().ifPresent(bad::add));
            badContent = Set.copyOf(bad);
        }
        return damages.stream().map(ImageCheck.Damage::finding).toList();
    }

    @Override
    public List<String> repair() throws StorageException {
        shelf.refuseReading();
        return call("repair the images", () -> {
            var damages = new ArrayList<>(new ImageCheck(shelf).run(false, Progress.NONE));
            for (var chain : badContent) {
                damages.add(ImageCheck.content(shelf, chain));
            }
            badContent = Set.of();
            return shelf.room().locked(() -> new ImageRepair(shelf).run(damages));
        });
    }

    private static <T> T call(String doing, Room.Work<T> work) throws StorageException {
        try {
            return work.run();
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw StorageException.of(StorageException.Kind.IO, "Failed to " + doing + ": " + e.getMessage())
                    .causedBy(e);
        }
    }
}
