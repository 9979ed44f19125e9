package storage.image.shelf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.common.archive.ArchiveIntake;
import storage.common.archive.ArchiveLimits;
import storage.common.io.JsonFile;
import storage.image.meta.Digest;
import storage.image.meta.ImageDb;
import storage.image.meta.LayerDb;
import storage.image.meta.LayerEntry;
import storage.image.meta.ReadWrites;
import storage.image.meta.Repositories;
import storage.image.source.Scratch;

/**
 * Everything that lies on disk about the images of one store.
 *
 * @param layers the layers themselves
 * @param layerDb what is known of each layer of an image
 * @param images the configurations
 * @param names which name means which image
 * @param readWrites which layers were made from which image
 * @param scratch room for temporary files
 * @param room what is shared with others in this process
 */
public record Shelf(
        LayerStore layers,
        LayerDb layerDb,
        ImageDb images,
        Repositories names,
        ReadWrites readWrites,
        Scratch scratch,
        Room room) {
    public static Shelf of(LayerStore layers) {
        var info = layers.info();
        var layerDb = new LayerDb(info.image());
        return new Shelf(
                layers,
                layerDb,
                new ImageDb(info.image()),
                new Repositories(info.image()),
                new ReadWrites(layerDb, info),
                new Scratch(info),
                Room.of(info.image()));
    }

    /** How large the archives of layers may be: the store says it. */
    public ArchiveLimits limits() {
        return layers.ability(ArchiveIntake.class)
                .map(ArchiveIntake::archiveLimits)
                .orElse(ArchiveLimits.DEFAULT);
    }

    /** Whether anything may be written. */
    public boolean isWritable() {
        return layers.info().access() == StoreInfo.Access.WRITE;
    }

    /** Refuses a change of a store that was opened for reading. */
    public void refuseReading() throws StorageException {
        if (!isWritable()) {
            throw StorageException.of(
                    StorageException.Kind.CLOSED,
                    "The store of " + layers.info().root() + " was opened for reading only",
                    "Open it for writing");
        }
    }

    /** Where set-aside things go. */
    Path quarantine() {
        return layers.info()
                .root()
                .resolve("storage")
                .resolve("quarantine")
                .resolve("image")
                .resolve(layers.info().image().getFileName());
    }

    /** Takes a layer's record out, before the layer is removed; with the metadata locked. */
    public LayerDb.Removed takeOut(LayerEntry entry) throws IOException {
        var removed = layerDb.takeOut(entry);
        room.leaving().add(removed.aside());
        return removed;
    }

    /** Removes a layer, unless it is gone already. */
    public void removeLayer(LayerId layer) throws StorageException {
        try {
            if (layers.exists(layer)) {
                layers.remove(layer);
            }
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.NOT_FOUND) {
                throw e;
            }
        }
    }

    /** Ends a record whose layer was removed. */
    public void forget(LayerDb.Removed removed) throws IOException {
        removed.forget();
        room.leaving().remove(removed.aside());
    }

    /** Puts a record back whose layer could not be removed. */
    public void restore(LayerDb.Removed removed) throws IOException {
        removed.restore();
        room.leaving().remove(removed.aside());
    }

    /** Begins something that makes layers; with the metadata locked. */
    public Journal journal(Journal.Content content) throws IOException {
        var folder = imports();
        Files.createDirectories(folder.getParent());
        if (!Files.isDirectory(folder)) {
            Files.createDirectory(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
        return new Journal(folder.resolve(LayerDb.randomId().substring(0, 16) + ".json"), room, content);
    }

    private Path imports() {
        return layers.info().state().resolve("imports");
    }

    /** The journals, whoever works on them. */
    public List<Path> journals() throws IOException {
        if (!Files.isDirectory(imports())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(imports())) {
            return files.filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    /** The chains that somebody in this process is building on, one journal excepted. */
    public Set<Digest> pinned(Path except) throws IOException {
        var pinned = new HashSet<Digest>();
        for (var file : new ArrayList<>(room.alive())) {
            if (file.startsWith(imports()) && !file.equals(except)) {
                JsonFile.read(file, Journal.Content.class)
                        .ifPresent(content -> content.chains()
                                .forEach(text -> Digest.find(text).ifPresent(pinned::add)));
            }
        }
        return pinned;
    }
}
