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

/** An open store as services: the store itself, then the condition that others wait for; taken back in reverse. */
final class Publication {
    private final GatedStore store;
    /** Guarded by itself. */
    private final Deque<ServiceRegistration<?>> registrations = new ArrayDeque<>();

    private boolean withdrawn;

    Publication(GatedStore store) {
        this.store = store;
    }

    GatedStore store() {
        return store;
    }

    /** Registering calls consumers, and one of them may bring about {@link #withdraw}: the rest is then left out. */
    void publish(BundleContext context, String name) {
        var info = store.info();
        Map<String, Object> properties = Map.of(
                StorageConstants.STORE_NAME, name,
                StorageConstants.DRIVER_NAME, info.driver(),
                StorageConstants.STORE_ROOT, info.root().toString());
        store.share();
        keep(context.registerService(LayerStore.class, store, FrameworkUtil.asDictionary(properties)));
        var ready = new HashMap<>(properties);
        ready.put(Condition.CONDITION_ID, StorageConstants.CONDITION_READY);
        synchronized (registrations) {
            if (withdrawn) {
                return;
            }
        }
        keep(context.registerService(Condition.class, Condition.INSTANCE, FrameworkUtil.asDictionary(ready)));
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
