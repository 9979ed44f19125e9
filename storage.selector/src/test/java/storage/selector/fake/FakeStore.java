package storage.selector.fake;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import storage.api.Change;
import storage.api.Layer;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;

/** A backend's store that counts as real ones do. Layers and mounts are the machine's: they outlive the store. */
public final class FakeStore implements LayerStore {
    private final StoreInfo info;
    private final Set<LayerId> layers;
    private final Set<LayerId> mounted;
    private final Map<LayerId, Integer> counts = new HashMap<>();

    /** What the next mount, unmount or cleanup fails with. */
    public StorageException failure;

    /** What is done with an archive. */
    public interface Filling {
        void from(InputStream archive) throws IOException;
    }

    public Filling filling = archive -> {};

    public int closed;

    public FakeStore(StoreInfo info, Set<LayerId> layers, Set<LayerId> mounted) {
        this.info = info;
        this.layers = layers;
        this.mounted = mounted;
    }

    private void fail() throws StorageException {
        var thrown = failure;
        failure = null;
        if (thrown != null) {
            throw thrown;
        }
    }

    private void require(LayerId id) throws StorageException {
        if (!layers.contains(id)) {
            throw StorageException.of(Kind.NOT_FOUND, "No layer " + id);
        }
    }

    @Override
    public StoreInfo info() {
        return info;
    }

    @Override
    public synchronized List<Layer> layers() {
        return layers.stream()
                .sorted()
                .map(id -> new Layer(id, Optional.empty(), Layer.Kind.READ_WRITE, Layer.State.COMPLETE))
                .toList();
    }

    @Override
    public synchronized Optional<Layer> layer(LayerId id) {
        return layers().stream().filter(layer -> layer.id().equals(id)).findFirst();
    }

    @Override
    public synchronized boolean exists(LayerId id) {
        return layers.contains(id);
    }

    @Override
    public synchronized void create(LayerId id, Optional<LayerId> parent, LayerOptions options) {
        layers.add(id);
    }

    @Override
    public synchronized void createReadWrite(LayerId id, Optional<LayerId> parent, LayerOptions options) {
        layers.add(id);
    }

    @Override
    public synchronized void remove(LayerId id) throws StorageException {
        require(id);
        if (mounted.contains(id)) {
            throw StorageException.of(Kind.IN_USE, "Layer " + id + " is mounted");
        }
        layers.remove(id);
    }

    @Override
    public synchronized Path get(LayerId id, String mountLabel) throws StorageException {
        require(id);
        if (!counts.containsKey(id)) {
            fail();
            mounted.add(id);
        }
        counts.merge(id, 1, Integer::sum);
        return info.home().resolve(id.value());
    }

    @Override
    public synchronized void put(LayerId id) throws StorageException {
        require(id);
        if (counts.getOrDefault(id, 0) > 1) {
            counts.merge(id, -1, Integer::sum);
            return;
        }
        counts.remove(id);
        fail();
        mounted.remove(id);
    }

    @Override
    public void diff(LayerId id, Optional<LayerId> against, OutputStream out) {}

    @Override
    public List<Change> changes(LayerId id, Optional<LayerId> against) {
        return List.of();
    }

    @Override
    public long applyDiff(LayerId id, InputStream archive) throws IOException {
        filling.from(archive);
        return 7;
    }

    @Override
    public long diffSize(LayerId id, Optional<LayerId> against) {
        return 0;
    }

    @Override
    public LayerFiles files(LayerId id) {
        return new LayerFiles() {
            @Override
            public InputStream open(String path) {
                return InputStream.nullInputStream();
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
    public synchronized void cleanup() throws StorageException {
        counts.clear();
        fail();
        mounted.clear();
    }

    @Override
    public synchronized void close() {
        closed++;
    }
}
