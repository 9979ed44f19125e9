package storage.docker.store;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import storage.api.LayerHolds;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

/**
 * What the engine holds: one named holder for all of it, recorded on disk, so that its mounts and counts outlive this
 * process.
 *
 * <p>Counts can be wrong in two ways. An engine that is killed gives nothing back: its next start says Init, and from then on
 * a layer that it had mounted counts as held once, whatever it was before, as the engine's own drivers have it. And an answer
 * that was lost with this process leaves a hold that the engine does not know of. So holds that were taken in this
 * process since the last Init are told from older ones, and an older one does not stand in the way of a removal.
 */
public final class EngineHolds {
    private final String holder;

    /** Holds since this process or the engine started, whichever was later. */
    private final Map<LayerId, Integer> fresh = new ConcurrentHashMap<>();

    public EngineHolds(String plugin) {
        this.holder = "engine:" + plugin;
    }

    /** The engine has started: whatever it held, it will give back once at most. */
    public void engineStarted(LayerStore store) throws StorageException {
        fresh.clear();
        for (var hold : ours(holds(store).holds())) {
            release(store, hold.layer(), hold.count() - 1);
        }
    }

    public String get(LayerStore store, LayerId id, String label) throws StorageException {
        var path = holds(store).hold(id, holder, label);
        fresh.merge(id, 1, Integer::sum);
        return path.toString();
    }

    /** Of a layer that others hold and the engine does not, it gives back nothing. */
    public void put(LayerStore store, LayerId id) throws StorageException {
        fresh.computeIfPresent(id, (key, count) -> count == 1 ? null : count - 1);
        try {
            holds(store).release(id, holder);
        } catch (StorageException e) {
            if (e.kind() != Kind.NOT_FOUND || !store.exists(id)) {
                throw e;
            }
        }
    }

    /** A layer that is not there is as the engine wants it. */
    public void remove(LayerStore store, LayerId id) throws StorageException {
        if (!fresh.containsKey(id)) {
            giveBack(store, id);
        }
        try {
            store.remove(id);
        } catch (StorageException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                return;
            }
            if (e.kind() != Kind.IN_USE || isHeld(store, id)) {
                throw e;
            }
            // mounted still, and nobody holds it: what the kernel did not let go of at the last put
            holds(store).release(id, holder);
            store.remove(id);
        }
    }

    private static boolean isHeld(LayerStore store, LayerId id) throws StorageException {
        return holds(store).holds().stream().anyMatch(hold -> hold.layer().equals(id));
    }

    /** The engine ends: unmounts what it holds, and everything if nobody else holds anything. */
    public void cleanup(LayerStore store) throws StorageException {
        fresh.clear();
        var all = holds(store).holds();
        var ours = ours(all);
        if (ours.size() == all.size()) {
            store.cleanup();
            return;
        }
        for (var hold : ours) {
            release(store, hold.layer(), hold.count());
        }
    }

    private void giveBack(LayerStore store, LayerId id) throws StorageException {
        for (var hold : ours(holds(store).holds())) {
            if (hold.layer().equals(id)) {
                release(store, id, hold.count());
            }
        }
    }

    private void release(LayerStore store, LayerId id, int times) throws StorageException {
        for (var i = 0; i < times; i++) {
            holds(store).release(id, holder);
        }
    }

    private List<Hold> ours(List<Hold> all) {
        return all.stream().filter(hold -> hold.holder().equals(holder)).toList();
    }

    private static LayerHolds holds(LayerStore store) throws StorageException {
        return store.ability(LayerHolds.class)
                .orElseThrow(() -> StorageException.of(
                        Kind.NOT_SUPPORTED,
                        "The store " + store.info().root() + " keeps no holds with a name",
                        "Serve a store that storage.selector has opened"));
    }
}
