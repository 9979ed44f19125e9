package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;

/** Updates of a bundle, from the jar that it was installed from, and what they should leave: nothing. */
final class Updates {
    private final BundleContext context;
    private final Bundle bundle;
    private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();

    Updates(BundleContext context, Bundle bundle) {
        this.context = context;
        this.bundle = bundle;
    }

    static Updates of(BundleContext context, String name) {
        for (Bundle bundle : context.getBundles()) {
            if (name.equals(bundle.getSymbolicName())) {
                return new Updates(context, bundle);
            }
        }
        throw new AssertionError("No bundle " + name);
    }

    Bundle bundle() {
        return bundle;
    }

    /** The jar that the bundle was installed from. */
    InputStream jar() throws IOException {
        String location = bundle.getLocation();
        String jar = location.startsWith("reference:") ? location.substring("reference:".length()) : location;
        return URI.create(jar).toURL().openStream();
    }

    /** Stops, exchanges the content, starts. An old revision that somebody is wired to stays until a refresh. */
    void update() throws IOException, BundleException {
        loaders.add(new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader()));
        try (InputStream content = jar()) {
            bundle.update(content);
        }
        assertEquals(Bundle.ACTIVE, bundle.getState());
    }

    void refresh() throws InterruptedException {
        CountDownLatch refreshed = new CountDownLatch(1);
        context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION)
                .adapt(FrameworkWiring.class)
                .refreshBundles(List.of(bundle), event -> {
                    if (event.getType() == FrameworkEvent.PACKAGES_REFRESHED) {
                        refreshed.countDown();
                    }
                });
        assertTrue("refreshed", refreshed.await(60, TimeUnit.SECONDS));
        assertEquals(Bundle.ACTIVE, bundle.getState());
    }

    /** Waits until every class loader of an earlier revision has been collected. */
    void awaitCollected() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < end) {
            System.gc();
            if (loaders.stream().allMatch(loader -> loader.get() == null)) {
                return;
            }
            LockSupport.parkNanos(10_000_000);
        }
        assertEquals(
                "class loaders of old revisions that are still there",
                List.of(),
                loaders.stream().filter(loader -> loader.get() != null).toList());
    }
}
