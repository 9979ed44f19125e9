package storage.selector.service;

import java.util.HashMap;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.condition.Condition;

/** The conditions of one store that come and go with its state; {@code storage.ready} is its publication's. */
final class StateConditions {
    private final BundleContext context;
    /** By {@code osgi.condition.id}. Guarded by this. */
    private final Map<String, ServiceRegistration<Condition>> present = new HashMap<>();

    StateConditions(BundleContext context) {
        this.context = context;
    }

    /**
     * Registers or takes back one of them. Whoever is told of it may bring about the next change of the store.
     *
     * @param properties of the store
     */
    void set(String id, boolean is, Map<String, Object> properties) {
        ServiceRegistration<Condition> gone = null;
        synchronized (this) {
            if (is == present.containsKey(id)) {
                return;
            }
            if (is) {
                var all = new HashMap<>(properties);
                all.put(Condition.CONDITION_ID, id);
                try {
                    present.put(
                            id,
                            context.registerService(
                                    Condition.class, Condition.INSTANCE, FrameworkUtil.asDictionary(all)));
                } catch (IllegalStateException e) {
                    return; // the bundle is being stopped
                }
            } else {
                gone = present.remove(id);
            }
        }
        if (gone != null) {
            unregister(gone);
        }
    }

    void clear() {
        for (var id : ids()) {
            set(id, false, Map.of());
        }
    }

    private synchronized Iterable<String> ids() {
        return java.util.List.copyOf(present.keySet());
    }

    private static void unregister(ServiceRegistration<Condition> gone) {
        try {
            gone.unregister();
        } catch (IllegalStateException e) {
            // the framework was faster
        }
    }
}
