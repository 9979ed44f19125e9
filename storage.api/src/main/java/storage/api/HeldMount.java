package storage.api;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** The pair of get and put as one closeable; the flag makes a second close harmless. */
final class HeldMount implements Mount {
    private final LayerStore store;
    private final LayerId layer;
    private final Path path;
    private final AtomicBoolean closed = new AtomicBoolean();

    HeldMount(LayerStore store, LayerId layer, Path path) {
        this.store = store;
        this.layer = layer;
        this.path = path;
    }

    @Override
    public LayerId layer() {
        return layer;
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public void close() throws StorageException {
        if (closed.compareAndSet(false, true)) {
            store.put(layer);
        }
    }
}
