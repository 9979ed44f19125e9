package storage.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.linux.Fd;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/**
 * Who has a layer mounted: consumers, counted, and comparisons of ours, which nobody is to see.
 *
 * <p>A layer is mounted for the first of either and unmounted after the last. One that an earlier process left mounted
 * stays so after a comparison, but not after a consumer's last put. Each layer's count has a lock of its own, held while
 * the backend mounts or unmounts; it is taken after the layer's own lock and never before.
 */
@SuppressWarnings("try") // locks are held, not used
final class Holds {
    private static final class Hold {
        final Layer layer;
        int users;
        int readers;
        /** Whether the last reader to leave unmounts. */
        boolean ours;

        Path path;

        Hold(Layer layer) {
            this.layer = layer;
        }

        boolean isFree() {
            return users == 0 && readers == 0;
        }
    }

    /** A layer's tree, open for a comparison. */
    static final class View implements AutoCloseable {
        private final Fd tree;
        private final Rollback.Step leave;

        View(Fd tree, Rollback.Step leave) {
            this.tree = tree;
            this.leave = leave;
        }

        /** The descriptor of the tree's root. */
        int tree() {
            return tree.number();
        }

        @Override
        public void close() throws IOException {
            tree.close();
            leave.run();
        }
    }

    private final Syscalls linux;
    private final Backend backend;
    private final boolean writable;
    private final IdLocks locks;
    private final Map<LayerId, Hold> holds = new ConcurrentHashMap<>();

    Holds(Syscalls linux, Backend backend, boolean writable, IdLocks locks) {
        this.linux = linux;
        this.backend = backend;
        this.writable = writable;
        this.locks = locks;
    }

    Path take(Layer layer, String label) throws IOException {
        try (var held = locks.lock(layer.id())) {
            var hold = holds.getOrDefault(layer.id(), new Hold(layer));
            if (hold.isFree()) {
                hold.path = backend.mount(layer, label);
            }
            hold.users++;
            holds.put(layer.id(), hold);
            return hold.path;
        }
    }

    /**
     * Takes one hold back, and unmounts after the last. A layer that is held cannot go away, so its own lock is not needed
     * for that.
     *
     * @return false if this store knows of no hold
     */
    boolean give(LayerId id) throws IOException {
        if (!holds.containsKey(id)) {
            return false;
        }
        try (var held = locks.lock(id)) {
            var hold = holds.get(id);
            if (hold == null) {
                return false;
            }
            hold.users = Math.max(0, hold.users - 1);
            if (hold.users == 0 && hold.readers > 0) {
                hold.ours = true;
            } else if (hold.users == 0) {
                holds.remove(id);
                unmount(hold.layer);
            }
            return true;
        }
    }

    /** Unmounts a layer that an earlier process mounted, and nobody holds. */
    void giveUnheld(Layer layer) throws IOException {
        try (var held = locks.lock(layer.id())) {
            if (!holds.containsKey(layer.id()) && backend.isMounted(layer.id())) {
                unmount(layer);
            }
        }
    }

    /** Opens a layer's tree for a comparison, mounting it if need be, without counting as a hold. */
    View view(Layer layer) throws IOException {
        var glimpse = writable ? Optional.<Fd>empty() : backend.glimpse(layer);
        if (glimpse.isPresent()) {
            return new View(glimpse.get(), () -> {});
        }
        var path = mount(layer);
        try (var undo = new Rollback()) {
            undo.add(() -> leave(layer));
            var tree = Fd.directory(linux, PathBytes.text(path));
            undo.keep();
            return new View(tree, () -> leave(layer));
        }
    }

    private Path mount(Layer layer) throws IOException {
        try (var held = locks.lock(layer.id())) {
            var hold = holds.getOrDefault(layer.id(), new Hold(layer));
            if (hold.isFree()) {
                hold.ours = writable && !backend.isMounted(layer.id());
                hold.path = backend.mount(layer, "");
            }
            hold.readers++;
            holds.put(layer.id(), hold);
            return hold.path;
        }
    }

    private void leave(Layer layer) throws IOException {
        try (var held = locks.lockUninterruptibly(layer.id())) {
            var hold = holds.get(layer.id());
            hold.readers--;
            if (hold.isFree()) {
                holds.remove(layer.id());
                if (hold.ours) {
                    unmount(layer);
                }
            }
        }
    }

    /** Unmounts whoever holds it, and forgets them. */
    void drop(Layer layer) throws IOException {
        try (var held = locks.lock(layer.id())) {
            var hold = holds.get(layer.id());
            if (hold != null && hold.readers > 0) {
                hold.users = 0;
                hold.ours = true;
                return;
            }
            holds.remove(layer.id());
            unmount(layer);
        }
    }

    /** Forgets the holds on layers that need no mount. */
    void forget() {
        holds.values().removeIf(hold -> hold.readers == 0);
    }

    private void unmount(Layer layer) throws IOException {
        backend.unmount(layer);
    }

    /** Throws IN_USE if a consumer holds the layer. Does not wait. */
    void refuseHeld(LayerId id) throws StorageException {
        var hold = holds.get(id);
        if (hold != null && hold.users > 0) {
            throw StorageException.of(
                            StorageException.Kind.IN_USE,
                            "Layer " + id + " is held " + (hold.users == 1 ? "once" : hold.users + " times"),
                            "Give it back first: umount " + id)
                    .forLayer(id);
        }
    }

    /** Throws IN_USE if the layer is held or mounted, by whomever. */
    void refuseUsed(LayerId id) throws IOException {
        refuseHeld(id);
        if (backend.isMounted(id)) {
            throw StorageException.of(
                            StorageException.Kind.IN_USE,
                            "Layer " + id + " is mounted",
                            "Unmount it first: umount " + id + ", or cleanup for all layers")
                    .forLayer(id);
        }
    }
}
