package storage.image.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import storage.api.Change;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo;

/** A layer store that keeps archives instead of trees: needs no privilege, and tells before each thing that it does. */
final class FolderLayers implements LayerStore {
    private static final byte[] EMPTY = new byte[1024];

    private final StoreInfo info;
    private final Set<LayerId> held = ConcurrentHashMap.newKeySet();
    private Consumer<String> watch = step -> {};

    FolderLayers(Path root, StoreInfo.Access access) {
        info = new StoreInfo(
                "fake",
                root,
                root.resolve("fake"),
                root.resolve("image/fake"),
                root.resolve("storage/fake"),
                IdMaps.IDENTITY,
                access);
        try {
            if (access == StoreInfo.Access.WRITE) {
                Files.createDirectories(info.home());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static FolderLayers at(Path root) {
        return new FolderLayers(root, StoreInfo.Access.WRITE);
    }

    void watch(Consumer<String> watcher) {
        watch = watcher;
    }

    /** What a read-write layer has changed, as an archive. */
    void changed(LayerId id, byte[] archive) throws IOException {
        Files.write(folder(id).resolve("archive"), archive);
    }

    Path archive(LayerId id) {
        return folder(id).resolve("archive");
    }

    private Path folder(LayerId id) {
        return info.home().resolve(id.value());
    }

    @Override
    public StoreInfo info() {
        return info;
    }

    @Override
    public List<Layer> layers() throws StorageException {
        try (Stream<Path> folders = Files.list(info.home())) {
            var layers = new ArrayList<Layer>();
            for (var folder : folders.sorted().toList()) {
                layer(new LayerId(folder.getFileName().toString())).ifPresent(layers::add);
            }
            return layers;
        } catch (java.nio.file.NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw StorageException.of(StorageException.Kind.IO, e.toString());
        }
    }

    @Override
    public Optional<Layer> layer(LayerId id) throws StorageException {
        if (!exists(id)) {
            return Optional.empty();
        }
        try {
            var lines = Files.readAllLines(folder(id).resolve("about"));
            if (lines.size() < 2) {
                return Optional.empty(); // being made by another thread
            }
            var parent = lines.get(1).isEmpty() ? Optional.<LayerId>empty() : Optional.of(new LayerId(lines.get(1)));
            return Optional.of(new Layer(id, parent, Layer.Kind.valueOf(lines.get(0)), Layer.State.COMPLETE));
        } catch (java.nio.file.NoSuchFileException e) {
            return Optional.empty(); // removed by another thread
        } catch (IOException e) {
            throw StorageException.of(StorageException.Kind.IO, e.toString());
        }
    }

    @Override
    public boolean exists(LayerId id) {
        return Files.exists(folder(id).resolve("about"));
    }

    @Override
    public void create(LayerId id, Optional<LayerId> parent, LayerOptions options) throws StorageException {
        make(id, parent, Layer.Kind.IMAGE);
    }

    @Override
    public void createReadWrite(LayerId id, Optional<LayerId> parent, LayerOptions options) throws StorageException {
        make(id, parent, Layer.Kind.READ_WRITE);
    }

    private void make(LayerId id, Optional<LayerId> parent, Layer.Kind kind) throws StorageException {
        watch.accept("create");
        if (parent.isPresent() && !exists(parent.get())) {
            throw StorageException.of(StorageException.Kind.NOT_FOUND, "No parent");
        }
        try {
            Files.createDirectory(folder(id));
            // a layer of our making has a record in the real store
            var records = Files.createDirectories(info.state().resolve("layers"));
            Files.createFile(records.resolve(id + ".json"));
            Files.writeString(
                    folder(id).resolve("about"),
                    kind + "\n" + parent.map(LayerId::value).orElse("") + "\n");
        } catch (IOException e) {
            throw StorageException.of(StorageException.Kind.IO, e.toString());
        }
        watch.accept("created");
    }

    @Override
    public void remove(LayerId id) throws StorageException {
        watch.accept("remove");
        for (var layer : layers()) {
            if (layer.parent().filter(id::equals).isPresent()) {
                throw StorageException.of(StorageException.Kind.HAS_CHILDREN, "Layer " + id + " has children");
            }
        }
        if (held.contains(id)) {
            throw StorageException.of(StorageException.Kind.IN_USE, "Layer " + id + " is held");
        }
        try {
            for (var file : new String[] {"about", "archive", ""}) {
                Files.deleteIfExists(folder(id).resolve(file));
            }
            Files.deleteIfExists(info.state().resolve("layers").resolve(id + ".json"));
        } catch (IOException e) {
            throw StorageException.of(StorageException.Kind.IO, e.toString());
        }
        watch.accept("removed");
    }

    @Override
    public Path get(LayerId id, String mountLabel) {
        held.add(id);
        return folder(id);
    }

    @Override
    public void put(LayerId id) {
        held.remove(id);
    }

    @Override
    public void diff(LayerId id, Optional<LayerId> against, OutputStream out) throws IOException {
        out.write(Files.exists(archive(id)) ? Files.readAllBytes(archive(id)) : EMPTY);
    }

    @Override
    public List<Change> changes(LayerId id, Optional<LayerId> against) {
        return List.of();
    }

    @Override
    public long applyDiff(LayerId id, InputStream archive) throws IOException {
        watch.accept("apply");
        var beside = info.home().resolveSibling("applying-" + id);
        try {
            var first = archive.readNBytes(512);
            watch.accept("applying");
            try (var out = Files.newOutputStream(beside)) {
                out.write(first);
                archive.transferTo(out);
            }
            Files.move(beside, archive(id));
        } finally {
            Files.deleteIfExists(beside);
        }
        watch.accept("applied");
        return diffSize(id, Optional.empty());
    }

    @Override
    public long diffSize(LayerId id, Optional<LayerId> against) {
        var size = 0L;
        try (var tar = new TarArchiveInputStream(Files.newInputStream(archive(id)))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                size += entry.isFile() ? entry.getSize() : 0;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return size;
    }

    @Override
    public LayerFiles files(LayerId id) {
        return new LayerFiles() {
            @Override
            public InputStream open(String path) throws IOException {
                try (var tar = new TarArchiveInputStream(Files.newInputStream(archive(id)))) {
                    for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                        if (entry.isFile() && entry.getName().equals(path.replaceFirst("^/", ""))) {
                            return new ByteArrayInputStream(tar.readAllBytes());
                        }
                    }
                }
                throw StorageException.of(StorageException.Kind.NOT_FOUND, "No file " + path);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Map<String, String> metadata(LayerId id) {
        return Map.of();
    }

    @Override
    public Map<String, String> status() {
        return Map.of();
    }

    @Override
    public void cleanup() {}

    @Override
    public void close() {}

    /** All files below a folder, relative, sorted; for telling that nothing is left. */
    static List<String> tree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    /** Copies a whole root, as a killed process would leave it. */
    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (var file : files.sorted(Comparator.naturalOrder()).toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
