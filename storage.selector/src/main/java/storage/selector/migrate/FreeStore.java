package storage.selector.migrate;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import storage.api.LayerHolds;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.linux.MountTable;
import storage.linux.PathBytes;

/** A store that nobody uses a layer of. It is locked while it is open, so nobody can begin to. */
final class FreeStore {
    /** Between two looks at a store in use, in milliseconds: whoever uses it must be able to open it, to let go. */
    private static final long PAUSE = 500;

    private final Homes homes;
    private final StoreInfo info;
    private final Map<String, String> options;

    FreeStore(Homes homes, StoreInfo info, Map<String, String> options) {
        this.homes = homes;
        this.info = info;
        this.options = options;
    }

    /**
     * Opens it.
     *
     * @param wait how long to wait for the layers in use
     * @throws StorageException IN_USE with the list of them
     */
    LayerStore open(Duration wait) throws IOException {
        var end = System.nanoTime() + wait.toNanos();
        while (true) {
            var store = homes.open(info.root(), info.driver(), options);
            List<String> users;
            try {
                users = users(store);
                if (users.isEmpty()) {
                    return store;
                }
            } catch (IOException | RuntimeException e) {
                try (store) {
                    throw e;
                }
            }
            store.close();
            waitFor(users, end);
        }
    }

    /**
     * Waits until nobody holds a layer of a store that others work in. They can begin to again.
     *
     * @throws StorageException IN_USE with the list of those in use
     */
    static void await(LayerStore store, Duration wait) throws IOException {
        var end = System.nanoTime() + wait.toNanos();
        for (var users = users(store); !users.isEmpty(); users = users(store)) {
            waitFor(users, end);
        }
    }

    private static void waitFor(List<String> users, long end) throws StorageException {
        if (System.nanoTime() >= end) {
            throw StorageException.of(
                    Kind.IN_USE,
                    "Layers of the store are in use: " + String.join("; ", users),
                    "Unmount them with 'storage umount', or wait for them with --wait SECONDS");
        }
        pause();
    }

    private static List<String> users(LayerStore store) throws IOException {
        var users = new ArrayList<String>();
        var holds = store.ability(LayerHolds.class);
        if (holds.isPresent()) {
            holds.get().holds().forEach(hold -> users.add(hold.layer() + ", held by " + hold.holder()));
        }
        if (users.isEmpty()) {
            var home = PathBytes.text(store.info().home().toRealPath()) + "/";
            for (var entry : MountTable.read().entries()) {
                if (entry.mountPoint().startsWith(home)) {
                    users.add(entry.mountPoint() + ", mounted");
                }
            }
        }
        return users;
    }

    private static void pause() throws StorageException {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(Kind.INTERRUPTED, "The wait for layers in use was interrupted")
                    .causedBy(e);
        }
    }
}
