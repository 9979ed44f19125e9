package storage.docker.service;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.util.tracker.ServiceTracker;
import storage.api.IdMaps;
import storage.api.LayerStore;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.docker.store.EngineStore;
import storage.docker.store.StoreWish;
import storage.selector.Opening;
import storage.selector.Selector;

/**
 * The store as one that is configured: a configuration of the factory {@code storage.store} is made for it, so that its
 * backend can be upgraded under the engine like under any consumer.
 */
final class PublishedStore implements EngineStore {
    /** How long a call waits for a store that is not there: as long as an engine tries to reach a plugin. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    /** How long a plugin that stops waits for its store to be closed; it is closed later all the same. */
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(5);

    private static final long LOOK_MILLIS = 50;

    /** Engines wait without a bound, so an upgrade need not end what is being unpacked at once. */
    private static final int DRAIN_SECONDS = 120;

    private static final int SWAP_SECONDS = 180;

    /** What the configuration was made from; the leading dot keeps it from the service's properties. */
    private static final String MADE_FROM = ".engine.wish";

    private final BundleContext context;
    private final ConfigurationAdmin admin;
    private final Selector selector;
    private final String name;
    private final ServiceTracker<LayerStore, LayerStore> tracker;
    /** Null until an engine has said something. */
    private volatile StoreWish wish;

    private volatile Instant asked = Instant.MIN;

    PublishedStore(BundleContext context, ConfigurationAdmin admin, Selector selector, String plugin) {
        this.context = context;
        this.admin = admin;
        this.selector = selector;
        this.name = "engine-" + plugin;
        try {
            this.tracker = new ServiceTracker<>(
                    context,
                    context.createFilter("(&(objectClass=" + LayerStore.class.getName() + ")("
                            + StorageConstants.STORE_NAME + "=" + name + "))"),
                    null);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException("Names of plugins have no special characters: " + name, e);
        }
        tracker.open();
    }

    @Override
    public void open(StoreWish next) throws StorageException {
        begin(next);
        await(true);
    }

    @Override
    public void begin(StoreWish next) throws StorageException {
        try {
            var configuration = configuration();
            var properties = properties(next);
            var before = configuration.getProperties();
            var same = before != null && properties.get(MADE_FROM).equals(before.get(MADE_FROM));
            if (before != null && (!same || tracker.getService() == null)) {
                // the engine has just started, so nobody misses the store; one that could not be opened is tried anew
                delete(configuration, LONGEST_WAIT);
                configuration = configuration();
                before = null;
            }
            asked = Instant.now();
            wish = next;
            if (before == null) {
                configuration.update(FrameworkUtil.asDictionary(properties));
            }
        } catch (IOException e) {
            throw e instanceof StorageException known ? known : notConfigured(e);
        }
    }

    private Configuration configuration() throws IOException {
        return admin.getFactoryConfiguration(StorageConstants.STORE_PID, name, "?");
    }

    private StorageException notConfigured(IOException e) {
        return StorageException.of(Kind.IO, "The store of the engine cannot be configured: " + e)
                .causedBy(e);
    }

    private Map<String, Object> properties(StoreWish next) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(StorageConstants.STORE_NAME, name);
        properties.put("root", next.root().toString());
        properties.put("driver", next.driver().orElse(""));
        properties.put(
                "options",
                new TreeMap<>(next.options())
                        .entrySet().stream()
                                .map(option -> option.getKey() + "=" + option.getValue())
                                .toArray(String[]::new));
        properties.put("uidMap", ranges(next.idMaps().uids()));
        properties.put("gidMap", ranges(next.idMaps().gids()));
        properties.put("drainSeconds", DRAIN_SECONDS);
        properties.put("swapSeconds", SWAP_SECONDS);
        // the engine would not know of it
        properties.put("moveToBetter", "never");
        properties.put(
                MADE_FROM,
                String.valueOf(new StoreWish(next.root(), next.driver(), Map.of(), next.idMaps()))
                        + new TreeMap<>(next.options()));
        return properties;
    }

    private static String[] ranges(List<IdMaps.Range> ranges) {
        return ranges.stream()
                .map(range -> range.inside() + ":" + range.outside() + ":" + range.size())
                .toArray(String[]::new);
    }

    /** Waits until the store is closed, which happens on another thread. */
    private void delete(Configuration configuration, Duration bound) throws IOException {
        configuration.delete();
        var end = System.nanoTime() + bound.toNanos();
        while (tracker.getService() != null && System.nanoTime() < end) {
            pause();
        }
    }

    @Override
    public LayerStore store() throws StorageException {
        return await(false);
    }

    /** @param once whether a first failure to open it is told; otherwise it may still come */
    private LayerStore await(boolean once) throws StorageException {
        var wanted = wish;
        if (wanted == null) {
            throw StorageException.of(
                    Kind.CLOSED,
                    "No engine has initialised this plugin yet",
                    "Start an engine with it: dockerd -s NAME");
        }
        var end = System.nanoTime() + LONGEST_WAIT.toNanos();
        while (true) {
            var store = tracker.getService();
            if (store != null && store.info().root().equals(wanted.root().normalize())) {
                return store;
            }
            var problem = problem();
            if (once && problem.isPresent() || System.nanoTime() > end) {
                throw problem.orElseGet(() -> StorageException.of(
                        Kind.TIMEOUT,
                        "The store at " + wanted.root() + " was not there within " + LONGEST_WAIT.toSeconds() + " s",
                        "See what 'storage drivers --history' and the log say of it"));
            }
            pause();
        }
    }

    /** Why the store could not be opened since it was last asked for. */
    private Optional<StorageException> problem() {
        return selector.openings().stream()
                .filter(opening -> Objects.equals(opening.store(), name)
                        && !opening.when().isBefore(asked)
                        && opening.problem().isPresent())
                .reduce((first, second) -> second)
                .map(PublishedStore::told);
    }

    private static StorageException told(Opening opening) {
        return StorageException.of(Kind.IO, opening.problem().orElseThrow(), opening.advice());
    }

    private static void pause() throws StorageException {
        try {
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(Kind.INTERRUPTED, "The call was interrupted while it waited for the store")
                    .causedBy(e);
        }
    }

    /** Then whoever would close the store may be stopped already, and closes it as it stops. */
    private boolean frameworkStops() {
        return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getState() == Bundle.STOPPING;
    }

    @Override
    public void close() throws StorageException {
        try {
            if (wish != null) {
                delete(configuration(), frameworkStops() ? Duration.ZERO : LONGEST_CLOSE);
            }
        } catch (IOException e) {
            throw e instanceof StorageException known ? known : notConfigured(e);
        } catch (IllegalStateException e) {
            // ConfigAdmin is gone, as when the framework stops: it closes the store then
        } finally {
            tracker.close();
        }
    }
}
