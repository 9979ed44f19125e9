package storage.itest;

import static org.junit.Assert.assertTrue;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;
import org.osgi.util.tracker.ServiceTrackerCustomizer;

/** The services that match a filter, to be waited for: until some are there, or none. Every wait has a bound. */
final class Watched<T> implements ServiceTrackerCustomizer<T, T>, AutoCloseable {
    private static final Duration BOUND = Duration.ofSeconds(60);

    private final BundleContext context;
    private final ServiceTracker<T, T> tracker;
    private final String filter;
    /** What is there, as soon as a waiting thread sees it: the tracker itself knows a service only later. Guarded by this. */
    private final Map<ServiceReference<T>, T> present = new LinkedHashMap<>();

    private Watched(BundleContext context, Class<T> type, String filter) {
        this.context = context;
        this.filter = "(&(objectClass=" + type.getName() + ")" + filter + ")";
        try {
            tracker = new ServiceTracker<>(context, context.createFilter(this.filter), this);
        } catch (InvalidSyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** @param filter as in {@code (storage.name=a)}, empty for all */
    static <T> Watched<T> of(BundleContext context, Class<T> type, String filter) {
        Watched<T> watched = new Watched<>(context, type, filter);
        watched.tracker.open();
        return watched;
    }

    /** Waits for one. */
    T one() throws InterruptedException {
        return await("is there", services -> !services.isEmpty()).iterator().next();
    }

    /** Waits until there is none. */
    void none() throws InterruptedException {
        await("has gone", Collection::isEmpty);
    }

    boolean isPresent() {
        return !tracker.isEmpty();
    }

    /** Null if there is none. */
    synchronized ServiceReference<T> reference() {
        return present.isEmpty() ? null : present.keySet().iterator().next();
    }

    private synchronized List<T> await(String what, Predicate<Collection<T>> state) throws InterruptedException {
        long end = System.nanoTime() + BOUND.toNanos();
        while (!state.test(present.values())) {
            long left = end - System.nanoTime();
            assertTrue("A service " + filter + " " + what, left > 0);
            wait(Math.max(1, left / 1_000_000));
        }
        return List.copyOf(present.values());
    }

    @Override
    public synchronized T addingService(ServiceReference<T> reference) {
        T service = context.getService(reference);
        present.put(reference, service);
        notifyAll();
        return service;
    }

    @Override
    public void modifiedService(ServiceReference<T> reference, T service) {}

    @Override
    public synchronized void removedService(ServiceReference<T> reference, T service) {
        present.remove(reference);
        notifyAll();
        context.ungetService(reference);
    }

    @Override
    public void close() {
        tracker.close();
    }
}
