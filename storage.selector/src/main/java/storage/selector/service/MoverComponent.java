package storage.selector.service;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageException;
import storage.linux.Syscalls;
import storage.selector.Migrations.Progress;
import storage.selector.Migrations.Request;
import storage.selector.swap.MovableStore;
import storage.selector.swap.Mover;

/** Moves configured stores to better backends, in the background: a thread for each store that is being moved. */
@Component
public final class MoverComponent implements Mover {
    private static final Logger LOG = LoggerFactory.getLogger(MoverComponent.class);

    /** How long the end of the threads is waited for, in milliseconds; they are interrupted. */
    private static final long PATIENCE = 30_000;

    private final Syscalls linux;
    private final BundleContext context;
    private final Map<MovableStore, Thread> moving = new ConcurrentHashMap<>();

    @Activate
    public MoverComponent(@Reference Syscalls linux, BundleContext context) {
        this.linux = linux;
        this.context = context;
    }

    @Override
    public void begin(MovableStore store, String driver, Duration patience) {
        var thread = new Thread(
                () -> move(store, driver, patience),
                "storage-move-" + store.request().root());
        thread.setDaemon(true);
        if (moving.putIfAbsent(store, thread) == null) {
            thread.start();
        }
    }

    private void move(MovableStore store, String driver, Duration patience) {
        try {
            var request = store.request();
            // looked up here, because who registers it refers to this component
            var stores = context.getService(context.getServiceReference(Stores.class));
            var migration = new DriverHomes(stores).migration(linux, request.root());
            var what = new Request(request.root(), driver, request.options(), Map.of(), patience, false, false);
            new LiveMigration(stores, migration, store).runOrGiveUp(what, Progress.NONE);
        } catch (StorageException e) {
            LOG.warn(
                    "The store at {} could not be moved to '{}' and stays: {}. {}",
                    store.request().root(),
                    driver,
                    e.getMessage(),
                    e.advice());
        } finally {
            moving.remove(store);
        }
    }

    @Deactivate
    void stop() {
        var threads = Set.copyOf(moving.values());
        threads.forEach(Thread::interrupt);
        var interrupted = false;
        for (var thread : threads) {
            try {
                thread.join(PATIENCE);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
