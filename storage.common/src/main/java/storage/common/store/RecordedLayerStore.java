package storage.common.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import storage.api.Change;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.LayerTransfer;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.linux.Syscalls;

/**
 * A layer store over a backend: everything that is the same whatever the backend.
 *
 * <p>Every call passes the gate, takes the locks of the layers concerned (alone to change one, shared to use one or to
 * stand on it), checks the rules, and leaves the work to one of the types beside: {@link LayerLife} makes, fills and
 * removes, {@link Holds} mounts, {@link Differences} compares, {@link Ancestry} knows. There is no lock on the store as a
 * whole. A layer is removed only with its lock held alone and after a look for children; a child is made with its
 * parent's lock shared and recorded before anything else is done: so neither can happen in the middle of the other.
 */
@SuppressWarnings("try") // locks are held, not used
public final class RecordedLayerStore implements LayerStore, LayerCheck, LayerTransfer {
    /** The longest wait for a layer: somebody may be filling it. */
    private static final Duration LONGEST_WORK = Duration.ofMinutes(10);

    /** The longest wait for the calls still at work when the store is closed. */
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(30);

    private final StoreInfo info;
    private final Backend backend;
    private final Gate gate;
    private final Ancestry ancestry;
    private final LayerLife life;
    private final Holds holds;
    private final Differences differences;
    private final StoreCheck check;
    private final IdLocks locks = new IdLocks(LONGEST_WORK);

    private RecordedLayerStore(
            Syscalls linux, StoreInfo info, Backend backend, LayerRecords records, Rollback.Step release) {
        this.info = info;
        this.backend = backend;
        this.gate = new Gate("The store " + info.driver() + " of " + info.root(), release);
        this.ancestry = new Ancestry(backend, records, info);
        backend.attach(ancestry::layer);
        this.life = new LayerLife(linux, info, backend, records);
        this.holds = new Holds(linux, backend, isWritable(info), new IdLocks(LONGEST_WORK));
        this.differences = new Differences(linux, backend, records, holds, info.idMaps());
        this.check = new StoreCheck(linux, info, backend, records, ancestry, life, locks, new Quarantine(linux, info));
    }

    /**
     * Opens a store. With write access: takes the lock, lets the backend {@linkplain Backend#prepare prepare} its home,
     * and repairs what a crash left. The backend is closed with the store, and when this fails.
     *
     * @throws StorageException LOCKED if another process writes to the store
     */
    public static LayerStore open(Syscalls linux, StoreInfo info, Backend backend) throws StorageException {
        try (var undo = new Rollback()) {
            undo.add(backend::close);
            var opening = new Opening(linux, info, backend);
            var records = isWritable(info) ? opening.forWriting(undo) : opening.forReading();
            var store = new RecordedLayerStore(linux, info, backend, records, opening::release);
            undo.keep();
            return store;
        } catch (IOException e) {
            throw Failures.of(e, "open the store " + info.driver() + " of " + info.root(), null);
        }
    }

    private static boolean isWritable(StoreInfo info) {
        return info.access() == StoreInfo.Access.WRITE;
    }

    @Override
    public StoreInfo info() {
        return info;
    }

    @Override
    public List<Layer> layers() throws StorageException {
        return call("list the layers", null, ancestry::layers);
    }

    @Override
    public Optional<Layer> layer(LayerId id) throws StorageException {
        return call("look at layer " + id, id, () -> ancestry.layer(id));
    }

    @Override
    public boolean exists(LayerId id) throws StorageException {
        return call("look for layer " + id, id, () -> ancestry.exists(id));
    }

    @Override
    public void create(LayerId id, Optional<LayerId> parent, LayerOptions options) throws StorageException {
        create(id, parent, Layer.Kind.IMAGE, options);
    }

    @Override
    public void createReadWrite(LayerId id, Optional<LayerId> parent, LayerOptions options) throws StorageException {
        create(id, parent, Layer.Kind.READ_WRITE, options);
    }

    private void create(LayerId id, Optional<LayerId> parent, Layer.Kind kind, LayerOptions options)
            throws StorageException {
        call("create layer " + id, id, () -> {
            refuseReading();
            try (var held = locks.take(Set.of(id), parent.map(Set::of).orElse(Set.of()))) {
                if (ancestry.exists(id)) {
                    throw Refusals.alreadyExists(id);
                }
                if (parent.isPresent()) {
                    whole(parent.get());
                }
                life.create(new Layer(id, parent, kind, Layer.State.COMPLETE), options);
            }
            return null;
        });
    }

    @Override
    public void remove(LayerId id) throws StorageException {
        call("remove layer " + id, id, () -> {
            refuseReading();
            // at once, instead of after the work on it that may be going on
            holds.refuseHeld(id);
            try (var held = locks.lock(id)) {
                var layer = existing(id);
                holds.refuseUsed(id);
                refuseParent(id);
                life.remove(layer);
            }
            return null;
        });
    }

    @Override
    public Path get(LayerId id, String mountLabel) throws StorageException {
        return call("mount layer " + id, id, () -> {
            refuseReading();
            try (var held = locks.share(id)) {
                var layer = whole(id);
                life.settle(id);
                return holds.take(layer, mountLabel.isEmpty() ? life.label(id) : mountLabel);
            }
        });
    }

    @Override
    public void put(LayerId id) throws StorageException {
        call("unmount layer " + id, id, () -> {
            refuseReading();
            if (!holds.give(id)) {
                try (var held = locks.share(id)) {
                    holds.giveUnheld(existing(id));
                }
            }
            return null;
        });
    }

    @Override
    public void diff(LayerId id, Optional<LayerId> against, OutputStream out) throws IOException {
        moving(
                "compare layer " + id,
                id,
                () -> compare(id, against, (layer, other) -> {
                    differences.diff(layer, other, out);
                    return null;
                }));
    }

    @Override
    public List<Change> changes(LayerId id, Optional<LayerId> against) throws StorageException {
        return call("compare layer " + id, id, () -> compare(id, against, differences::changes));
    }

    @Override
    public long diffSize(LayerId id, Optional<LayerId> against) throws StorageException {
        return call("compare layer " + id, id, () -> compare(id, against, differences::size));
    }

    @Override
    public long applyDiff(LayerId id, InputStream archive) throws IOException {
        return fill(id, layer -> life.apply(layer, archive));
    }

    @Override
    public long fill(LayerId id, InputStream archive) throws IOException {
        return fill(id, layer -> life.fill(layer, archive));
    }

    @FunctionalInterface
    private interface Filling {
        long of(Layer layer) throws IOException;
    }

    private long fill(LayerId id, Filling filling) throws IOException {
        return moving("fill layer " + id, id, () -> {
            refuseReading();
            holds.refuseHeld(id);
            try (var held = locks.lock(id)) {
                var layer = whole(id);
                holds.refuseUsed(id);
                refuseParent(id);
                return filling.of(layer);
            }
        });
    }

    @Override
    public LayerFiles files(LayerId id) throws StorageException {
        return call("read the files of layer " + id, id, () -> {
            try (var held = locks.share(id)) {
                return backend.files(whole(id));
            }
        });
    }

    @Override
    public Map<String, String> metadata(LayerId id) throws StorageException {
        return call("describe layer " + id, id, () -> {
            try (var held = locks.share(id)) {
                return backend.metadata(existing(id));
            }
        });
    }

    @Override
    public Map<String, String> status() throws StorageException {
        return call("describe the store", null, backend::status);
    }

    @Override
    public void cleanup() throws StorageException {
        call("unmount all layers", null, () -> {
            refuseReading();
            IOException failure = null;
            for (var id : backend.mounted()) {
                try (var held = locks.share(id)) {
                    holds.drop(existing(id));
                } catch (IOException e) {
                    if (failure == null) {
                        failure = Failures.of(e, "unmount layer " + id, id);
                    } else {
                        failure.addSuppressed(e);
                    }
                }
            }
            holds.forget();
            if (failure != null) {
                throw failure;
            }
            backend.cleanup();
            return null;
        });
    }

    @Override
    public LayerOptions settings(LayerId id) throws StorageException {
        return call("look at layer " + id, id, () -> {
            existing(id);
            return life.settings(id);
        });
    }

    @Override
    public List<Finding> findings() throws StorageException {
        return call("check the store", null, check::findings);
    }

    @Override
    public List<String> repair() throws StorageException {
        return call("repair the store", null, () -> {
            refuseReading();
            return check.repair();
        });
    }

    @Override
    public <T> Optional<T> ability(Class<T> ability) {
        return LayerStore.super.ability(ability).or(() -> backend.ability(ability));
    }

    @Override
    public void close() throws StorageException {
        try {
            gate.close(LONGEST_CLOSE);
        } catch (IOException e) {
            throw Failures.of(e, "close the store", null);
        }
    }

    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException;
    }

    private <T> T call(String what, LayerId id, Work<T> work) throws StorageException {
        try {
            return moving(what, id, work);
        } catch (IOException e) {
            throw Failures.of(e, what, id);
        }
    }

    /** For calls that move bytes of the caller's streams, whose failures are not ours to tell. */
    private <T> T moving(String what, LayerId id, Work<T> work) throws IOException {
        gate.enter();
        try {
            return work.run();
        } catch (IOException e) {
            throw Failures.ofStream(e, what, id);
        } finally {
            gate.leave();
        }
    }

    @FunctionalInterface
    private interface Comparison<T> {
        T run(Layer layer, Optional<Layer> against) throws IOException;
    }

    private <T> T compare(LayerId id, Optional<LayerId> against, Comparison<T> comparison) throws IOException {
        var ids = against.map(other ->
                        Set.copyOf(List.of(id, other).stream().distinct().toList()))
                .orElse(Set.of(id));
        try (var held = locks.take(Set.of(), ids)) {
            var layer = whole(id);
            Optional<Layer> other = against.isPresent() ? Optional.of(whole(against.get())) : Optional.empty();
            return comparison.run(layer, other);
        }
    }

    private void refuseReading() throws StorageException {
        if (!isWritable(info)) {
            throw Refusals.readOnly(info);
        }
    }

    private Layer existing(LayerId id) throws IOException {
        return ancestry.layer(id).orElseThrow(() -> Refusals.notFound(id, info));
    }

    private Layer whole(LayerId id) throws IOException {
        var layer = existing(id);
        if (layer.state() == Layer.State.INCOMPLETE) {
            throw Refusals.incomplete(id);
        }
        return layer;
    }

    private void refuseParent(LayerId id) throws IOException {
        var child = ancestry.childOf(id);
        if (child.isPresent()) {
            throw Refusals.hasChildren(id, child.get());
        }
    }
}
