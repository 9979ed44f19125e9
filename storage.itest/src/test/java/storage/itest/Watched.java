package storage.itest;

import static org.junit.Assert.assertTrue;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
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
    /** Guarded by this. */
    private final Set<T> present = new HashSet<>();

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
        await("has gone", Set::isEmpty);
    }

    boolean isPresent() {
        return !tracker.isEmpty();
    }

    ServiceReference<T> reference() {
        return tracker.getServiceReference();
    }

    private synchronized Set<T> await(String what, Predicate<Set<T>> state) throws InterruptedException {
        long end = System.nanoTime() + BOUND.toNanos();
        while (!state.test(present)) {
            long left = end - System.nanoTime();
            assertTrue("A service " + filter + " " + what, left > 0);
            wait(Math.max(1, left / 1_000_000));
        }
        return Set.copyOf(present);
    }

    @Override
    public synchronized T addingService(ServiceReference<T> reference) {
        T service = context.getService(reference);
        present.add(service);
        notifyAll();
        return service;
    }

    @Override
    public void modifiedService(ServiceReference<T> reference, T service) {}

    @Override
    public synchronized void removedService(ServiceReference<T> reference, T service) {
        present.remove(service);
        notifyAll();
        context.ungetService(reference);
    }

    @Override
    public void close() {
        tracker.close();
    }
}
