package storage.selector.service;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.condition.Condition;
import storage.api.LayerStore;
import storage.api.StorageConstants;
import storage.selector.gate.GatedStore;
import storage.selector.swap.MovableStore;

/**
 * An open store as services: the store itself, what moves it, then the condition that others wait for; taken back in
 * reverse.
 */
final class Publication {
    private final GatedStore store;
    private final String name;
    /** Guarded by itself. */
    private final Deque<ServiceRegistration<?>> registrations = new ArrayDeque<>();

    private boolean withdrawn;

    Publication(GatedStore store, String name) {
        this.store = store;
        this.name = name;
    }

    /** The properties of services of a store. */
    static Map<String, Object> properties(String name, String driver, String root) {
        return Map.of(
                StorageConstants.STORE_NAME,
                name,
                StorageConstants.DRIVER_NAME,
                driver,
                StorageConstants.STORE_ROOT,
                root);
    }

    private Map<String, Object> properties() {
        var info = store.info();
        return properties(name, info.driver(), info.root().toString());
    }

    /** Registering calls consumers, and one of them may bring about {@link #withdraw}: the rest is then left out. */
    void publish(BundleContext context, MovableStore movable) {
        store.share();
        // first what only this bundle looks for, so that it is there for whoever sees the store
        keep(context.registerService(MovableStore.class, movable, FrameworkUtil.asDictionary(properties())));
        if (isWithdrawn()) {
            return;
        }
        keep(context.registerService(LayerStore.class, store, FrameworkUtil.asDictionary(properties())));
        if (isWithdrawn()) {
            return;
        }
        keep(context.registerService(Condition.class, Condition.INSTANCE, FrameworkUtil.asDictionary(ready())));
    }

    private Map<String, Object> ready() {
        var ready = new HashMap<>(properties());
        ready.put(Condition.CONDITION_ID, StorageConstants.CONDITION_READY);
        return ready;
    }

    private boolean isWithdrawn() {
        synchronized (registrations) {
            return withdrawn;
        }
    }

    private void keep(ServiceRegistration<?> registration) {
        synchronized (registrations) {
            if (!withdrawn) {
                registrations.push(registration);
                return;
            }
        }
        registration.unregister();
    }

    /** The driver is another now: the services stay, their properties follow. */
    void update() {
        Iterable<ServiceRegistration<?>> all;
        synchronized (registrations) {
            all = new ArrayDeque<>(registrations);
        }
        for (var registration : all) {
            try {
                var properties = registration.getReference().getProperty(Condition.CONDITION_ID) == null
                        ? properties()
                        : ready();
                registration.setProperties(FrameworkUtil.asDictionary(properties));
            } catch (IllegalStateException e) {
                // taken back meanwhile
            }
        }
    }

    /** Takes the services back, the last first. */
    void withdraw() {
        while (true) {
            ServiceRegistration<?> next;
            synchronized (registrations) {
                withdrawn = true;
                next = registrations.poll();
            }
            if (next == null) {
                return;
            }
            try {
                next.unregister();
            } catch (IllegalStateException e) {
                // the framework was faster, as it is when the bundle stops
            }
        }
    }
}
