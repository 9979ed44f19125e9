package storage.selector.gate;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import storage.api.Change;
import storage.api.Layer;
import storage.api.LayerFiles;
import storage.api.LayerHolds;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;

/** The store that consumers see: every call goes through the gate, holds are kept by name, the rest is the backend's. */
public final class GatedStore implements LayerStore, LayerHolds {
    private final Exchange exchange;
    private final CallGate gate;
    private final HeldLayers held;
    private final Duration drain;
    private final Runnable onClose;
    private volatile boolean shared;
    private final AtomicBoolean backendClosed = new AtomicBoolean();

    /**
     * @param drain how long {@link #close} waits for running calls before it closes the backend all the same
     * @param onClose run once, after the backend was closed
     */
    public GatedStore(Inner inner, Duration drain, Runnable onClose) {
        this.exchange = new Exchange(inner);
        this.gate = exchange.gate();
        this.held = exchange.held();
        this.drain = drain;
        this.onClose = onClose;
    }

    /** How the store behind the gate is exchanged. */
    public Exchange exchange() {
        return exchange;
    }

    private LayerStore store() {
        return exchange.inner().store();
    }

    /** Open or closed, this can always be told. */
    @Override
    public StoreInfo info() {
        return exchange.info();
    }

    @Override
    public List<Layer> layers() throws StorageException {
        return gate.call(() -> store().layers());
    }

    @Override
    public Optional<Layer> layer(LayerId id) throws StorageException {
        return gate.call(() -> store().layer(id));
    }

    @Override
    public boolean exists(LayerId id) throws StorageException {
        return gate.call(() -> store().exists(id));
    }

    @Override
    public void create(LayerId id, Optional<LayerId> parent, LayerOptions options) throws StorageException {
        gate.run(() -> store().create(id, parent, options));
    }

    @Override
    public void createReadWrite(LayerId id, Optional<LayerId> parent, LayerOptions options) throws StorageException {
        gate.run(() -> store().createReadWrite(id, parent, options));
    }

    @Override
    public void remove(LayerId id) throws StorageException {
        gate.run(() -> held.remove(id));
    }

    @Override
    public Path get(LayerId id, String mountLabel) throws StorageException {
        return gate.call(() -> held.get(id, mountLabel));
    }

    @Override
    public void put(LayerId id) throws StorageException {
        var inside = new AtomicBoolean();
        try {
            gate.run(() -> {
                inside.set(true);
                held.put(id);
            });
        } catch (StorageException e) {
            if (inside.get() || !held.putAway(id)) {
                throw e;
            }
        }
    }

    @Override
    public void diff(LayerId id, Optional<LayerId> against, OutputStream out) throws IOException {
        gate.run(() -> exchange.streams().writing(out, ours -> {
            store().diff(id, against, ours);
            return null;
        }));
    }

    @Override
    public List<Change> changes(LayerId id, Optional<LayerId> against) throws StorageException {
        return gate.call(() -> store().changes(id, against));
    }

    @Override
    public long applyDiff(LayerId id, InputStream archive) throws IOException {
        try {
            return gate.call(() -> exchange.streams().reading(archive, ours -> held.applyDiff(id, ours)));
        } finally {
            exchange.filled();
        }
    }

    @Override
    public long diffSize(LayerId id, Optional<LayerId> against) throws StorageException {
        return gate.call(() -> store().diffSize(id, against));
    }

    @Override
    public LayerFiles files(LayerId id) throws StorageException {
        return gate.call(() -> new GatedFiles(exchange, id));
    }

    @Override
    public Map<String, String> metadata(LayerId id) throws StorageException {
        return gate.call(() -> store().metadata(id));
    }

    @Override
    public Map<String, String> status() throws StorageException {
        return gate.call(() -> store().status());
    }

    @Override
    public void cleanup() throws StorageException {
        gate.run(held::cleanup);
    }

    @Override
    public Path hold(LayerId id, String holder, String mountLabel) throws StorageException {
        return gate.call(() -> held.hold(id, holder, mountLabel));
    }

    @Override
    public void release(LayerId id, String holder) throws StorageException {
        gate.run(() -> held.release(id, holder));
    }

    @Override
    public List<Hold> holds() throws StorageException {
        return gate.call(held::all);
    }

    /** Holds are ours; every other ability is the backend's, behind the same gate. */
    @Override
    public <T> Optional<T> ability(Class<T> ability) {
        if (ability.isInstance(this)) {
            return Optional.of(ability.cast(this));
        }
        try {
            return gate.call(() -> GatedAbility.of(exchange, ability));
        } catch (StorageException e) {
            // the calls will say why
            return ability.isInterface() ? Optional.of(GatedAbility.proxy(exchange, ability)) : Optional.empty();
        }
    }

    /** From now on many use it: {@link #close()} does nothing, because no consumer may take it from the others. */
    public void share() {
        shared = true;
    }

    @Override
    public void close() throws StorageException {
        if (shared) {
            return;
        }
        close(StorageException.of(
                Kind.CLOSED,
                "The store at " + info().root() + " (" + info().driver() + ") is closed",
                "Open it again"));
    }

    /**
     * Closes, and says why to whoever calls from now on. Running calls have the drain time to end; then the backend is
     * closed all the same, because its bundle may be going away.
     */
    public void close(StorageException why) throws StorageException {
        if (!backendClosed.compareAndSet(false, true)) {
            return;
        }
        gate.shut(why);
        try {
            if (!gate.drain(drain)) {
                exchange.streams().end(why, gate, Exchange.GRACE);
            }
        } finally {
            closeBackend();
        }
    }

    private void closeBackend() throws StorageException {
        try {
            exchange.closeNow();
        } finally {
            onClose.run();
        }
    }

    @Override
    public String toString() {
        return info().driver() + " at " + info().root();
    }
}
