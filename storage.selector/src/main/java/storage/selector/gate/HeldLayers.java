package storage.selector.gate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo.Access;
import storage.common.store.IdLocks;
import storage.selector.state.Holders;

/**
 * Who holds a layer, above a backend that only counts.
 *
 * <p>The backend counts one at most for a layer, taken when this process first needs it and on behalf of all holders,
 * named or of this process: so that whoever they are, the next backend takes over by mounting each such layer once, which
 * finds it mounted ({@link #adopt}). Closing the backend unmounts nothing, so the mounts of named holders outlive their
 * process; giving the one back after the last holder of all unmounts.
 *
 * <p>Named holds are recorded before the backend mounts and forgotten before it unmounts. A process that is killed in
 * between leaves a hold on a layer that is not mounted, which can be released, or a mounted layer that nobody holds, which
 * the next {@link #release} unmounts.
 */
final class HeldLayers {
    /** No spaces, so that no name looks like {@code process PID}. */
    private static final Pattern HOLDER = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.:@/-]{0,127}");

    private static final Logger LOG = LoggerFactory.getLogger(HeldLayers.class);

    private final Supplier<Inner> inner;
    private final IdLocks locks = new IdLocks(Duration.ofMinutes(5));
    private final String self = "process " + ProcessHandle.current().pid();

    /** Holds of this process. An entry is changed under the lock of its id only. */
    private final Map<LayerId, Integer> own = new ConcurrentHashMap<>();

    /** The layers that the backend counts one for. As {@link #own}. */
    private final Map<LayerId, Taken> taken = new ConcurrentHashMap<>();

    /**
     * A layer that the backend shows.
     *
     * @param path where
     * @param label what it was asked to be labelled with
     */
    private record Taken(Path path, String label) {}

    /** Whether there is no backend at present, but may be one again. Guarded by this. */
    private boolean away;

    /** @param inner what lies behind the gate at the time of the call; calls are inside the gate */
    HeldLayers(Supplier<Inner> inner) {
        this.inner = inner;
    }

    private LayerStore store() {
        return inner.get().store();
    }

    private Holders holders() {
        return inner.get().holders();
    }

    /** From now on holds of this process can be given back without a backend, or not any more; see {@link #putAway}. */
    synchronized void setAway(boolean is) {
        away = is;
    }

    /**
     * Gives back a hold of this process while there is no backend to unmount anything: the next one does, when it comes. It
     * is under no lock but this object's: what else changes counts needs a backend.
     *
     * @return false if there is no such hold, or no backend is to come
     */
    synchronized boolean putAway(LayerId id) {
        if (!away || !own.containsKey(id)) {
            return false;
        }
        giveBack(id);
        return true;
    }

    private void giveBack(LayerId id) {
        own.computeIfPresent(id, (key, count) -> count == 1 ? null : count - 1);
    }

    /**
     * Another store lies behind the gate, which has counted nothing yet. What it cannot show stays held, and is mounted at
     * the next get; what was given back meanwhile is unmounted.
     */
    void adopt() {
        setAway(false);
        Map.copyOf(taken).forEach((id, before) -> {
            try {
                if (!isHeld(id)) {
                    taken.remove(id);
                    store().put(id);
                    return;
                }
                var path = store().get(id, before.label());
                if (!path.equals(before.path())) {
                    // such as a layer that others stand on by now; all its holders see the path that the first was
                    // given
                    LOG.info("Layer {} is held at {}, and would be shown at {} now", id, before.path(), path);
                }
            } catch (StorageException | RuntimeException e) {
                taken.remove(id);
                LOG.warn("Layer {} is held, but cannot be taken over: {}", id, e.getMessage());
            }
        });
    }

    /** The holds of this process. */
    synchronized Map<LayerId, Integer> own() {
        return Map.copyOf(own);
    }

    /** Counts holds of this process that were counted elsewhere before, and takes their mounts over. */
    void restore(Map<LayerId, Integer> holds) {
        holds.forEach((id, count) -> {
            own.put(id, count);
            try {
                take(id, "");
            } catch (StorageException | RuntimeException e) {
                LOG.warn("Layer {} was held before, but cannot be taken over: {}", id, e.getMessage());
            }
        });
    }

    Path get(LayerId id, String label) throws StorageException {
        return locked(id, () -> {
            var path = take(id, label);
            own.merge(id, 1, Integer::sum);
            return path;
        });
    }

    void put(LayerId id) throws StorageException {
        locked(id, () -> {
            if (own.containsKey(id)) {
                giveBack(id);
                if (!isHeld(id) && taken.remove(id) != null) {
                    store().put(id);
                }
            } else if (!isReadOnly() && !holders().isHeld(id)) {
                store().put(id); // what an earlier process left mounted, if anything
            }
            return null;
        });
    }

    Path hold(LayerId id, String holder, String label) throws StorageException {
        requireWritable("layer " + id + " cannot be held");
        if (!HOLDER.matcher(holder).matches()) {
            throw StorageException.of(
                    Kind.INVALID,
                    "This is no name for a holder of a layer: '" + holder + "'",
                    "Use 1 to 128 letters, digits and '_', '.', ':', '@', '/', '-', beginning with a letter or digit");
        }
        return locked(id, () -> {
            holders().add(id, holder);
            try {
                return take(id, label);
            } catch (StorageException | RuntimeException e) {
                try {
                    holders().remove(id, holder);
                } catch (StorageException second) {
                    e.addSuppressed(second);
                }
                throw e;
            }
        });
    }

    void release(LayerId id, String holder) throws StorageException {
        requireWritable("no hold of layer " + id + " can be given back");
        locked(id, () -> {
            var removed = holders().remove(id, holder);
            if (!removed && isHeld(id)) {
                throw StorageException.of(
                                Kind.NOT_FOUND,
                                "'" + holder + "' does not hold layer " + id + ", which is " + who(id),
                                "Release it by the name of one that does")
                        .forLayer(id);
            }
            if (!holders().isHeld(id)) {
                unmountForNames(id, removed);
            }
            return null;
        });
    }

    /** Nobody with a name is left. What this process has not taken is an earlier one's mount, if there is any. */
    private void unmountForNames(LayerId id, boolean wasHeld) throws StorageException {
        if (own.containsKey(id)) {
            return;
        }
        if (taken.remove(id) != null || !wasHeld || store().exists(id)) {
            store().put(id);
        }
    }

    void remove(LayerId id) throws StorageException {
        locked(id, () -> {
            requireFree(id);
            store().remove(id);
            return null;
        });
    }

    long applyDiff(LayerId id, InputStream archive) throws IOException {
        requireFree(id);
        return store().applyDiff(id, archive);
    }

    /**
     * Unmounts whatever is mounted. The backend forgets its counts whatever comes of it, so ours of this process go too;
     * what others recorded is forgotten only if nothing is mounted any more.
     */
    void cleanup() throws StorageException {
        requireWritable("nothing can be unmounted");
        try {
            store().cleanup();
            for (var hold : holders().all()) {
                holders().forget(hold.layer());
            }
        } finally {
            own.clear();
            taken.clear();
        }
    }

    List<Hold> all() throws StorageException {
        var all = new ArrayList<>(holders().all());
        own.forEach((layer, count) -> all.add(new Hold(layer, self, count)));
        all.sort(Comparator.comparing(Hold::layer).thenComparing(Hold::holder));
        return all;
    }

    private <T> T locked(LayerId id, CallGate.Call<T, StorageException> work) throws StorageException {
        var lock = locks.lock(id);
        try {
            return work.run();
        } finally {
            lock.close();
        }
    }

    private Path take(LayerId id, String label) throws StorageException {
        var before = taken.get(id);
        if (before != null) {
            return before.path();
        }
        var path = store().get(id, label);
        taken.put(id, new Taken(path, label));
        return path;
    }

    private boolean isReadOnly() {
        return store().info().access() == Access.READ;
    }

    private boolean isHeld(LayerId id) throws StorageException {
        return own.containsKey(id) || holders().isHeld(id);
    }

    /** Holds of a layer that is not there any more (an engine may have removed it) hold nothing. */
    private void requireFree(LayerId id) throws StorageException {
        if (!isHeld(id)) {
            return;
        }
        if (!store().exists(id)) {
            holders().forget(id);
            return;
        }
        throw StorageException.of(
                        Kind.IN_USE,
                        "Layer " + id + " is in use: " + who(id),
                        "Let them give it back first, or unmount it by 'storage umount'")
                .forLayer(id);
    }

    private String who(LayerId id) throws StorageException {
        var names = holders().of(id).entrySet().stream()
                .map(hold -> times(hold.getKey(), hold.getValue()))
                .collect(Collectors.toCollection(ArrayList::new));
        var count = own.getOrDefault(id, 0);
        if (count > 0) {
            names.add(times(self, count));
        }
        return "held by " + String.join(", ", names);
    }

    private static String times(String name, int count) {
        return count == 1 ? name : name + " (" + count + " times)";
    }

    private void requireWritable(String what) throws StorageException {
        if (isReadOnly()) {
            throw StorageException.of(Kind.CLOSED, "The store was opened for reading: " + what, "Open it for writing");
        }
    }
}
