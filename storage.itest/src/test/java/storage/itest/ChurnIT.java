package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.options;

import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.cm.ConfigurationAdmin;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;

/**
 * Bundles that are started, stopped, updated and refreshed again and again leave nothing behind. Of the bundles that are
 * updated no class may be used here: the refresh would take this test along.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ChurnIT {
    private static final int ROUNDS = 50;
    private static final int UPDATES = 5;
    private static final LayerId BOX = new LayerId("box");

    @Inject
    private BundleContext context;

    @Inject
    private ConfigurationAdmin admin;

    @Rule
    public final Roots roots = new Roots();

    private Configurations configurations;

    @Configuration
    public Option[] bundles() {
        return options(Bundles.junit(), Bundles.runtime(), Bundles.all());
    }

    @Before
    public void configure() throws Exception {
        configurations = new Configurations(admin);
        configurations.store("one", roots.root("a"), Map.of());
        try (Watched<LayerStore> store = store()) {
            LayerId below = new LayerId("below");
            store.one().createReadWrite(below, Optional.empty(), LayerOptions.NONE);
            store.one().createReadWrite(BOX, Optional.of(below), LayerOptions.NONE);
        }
    }

    @After
    public void forget() throws Exception {
        LayerStore last;
        try (Watched<LayerStore> store = store()) {
            last = store.one();
            last.cleanup();
            configurations.close();
            store.none();
        }
        assertEquals(List.of(), roots.mounts());
    }

    private Watched<LayerStore> store() {
        return Watched.of(context, LayerStore.class, "(storage.name=one)");
    }

    private Bundle bundle(String name) {
        for (Bundle bundle : context.getBundles()) {
            if (name.equals(bundle.getSymbolicName())) {
                return bundle;
            }
        }
        throw new AssertionError("No bundle " + name);
    }

    /** The bundle of the driver that was chosen for the store: the best that this machine can do. */
    private Bundle driverBundle() throws InterruptedException {
        try (Watched<LayerStore> store = store()) {
            return bundle(store.one().info().driver().equals("vfs") ? "storage.vfs" : "storage.overlay");
        }
    }

    /** The names of the threads there are, with counts; numbers at the end are the pools' own business. */
    private static Map<String, Long> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .collect(Collectors.groupingBy(
                        thread -> thread.getName().replaceAll("[-#]?\\d+$", ""), TreeMap::new, Collectors.counting()));
    }

    /** Threads may take a moment to end. */
    private static void awaitThreads(Map<String, Long> before) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        List<String> more = List.of();
        while (System.nanoTime() < end) {
            more = threads().entrySet().stream()
                    .filter(now -> now.getValue() > before.getOrDefault(now.getKey(), 0L))
                    .map(Object::toString)
                    .toList();
            if (more.isEmpty()) {
                return;
            }
            LockSupport.parkNanos(10_000_000);
        }
        assertEquals("threads that were not there before", List.of(), more);
    }

    private void use() throws Exception {
        try (Watched<LayerStore> store = store()) {
            assertTrue("published when start() returns", store.isPresent());
            assertTrue(store.one().exists(BOX));
            Path path = store.one().get(BOX, "");
            Files.writeString(path.resolve("file"), "content");
        }
    }

    private void restart(Bundle bundle) throws Exception {
        use();
        Map<String, Long> threads = threads();
        List<String> mounts = roots.mounts();
        for (int round = 0; round < ROUNDS; round++) {
            bundle.stop();
            try (Watched<LayerStore> store = store()) {
                assertFalse(store.isPresent());
            }
            bundle.start();
            use();
        }
        awaitThreads(threads);
        assertEquals("adopted, not mounted again", mounts, roots.mounts());
    }

    @Test
    public void restartsOfTheDriverLeaveNothing() throws Exception {
        restart(driverBundle());
    }

    @Test
    public void restartsOfTheSelectorLeaveNothing() throws Exception {
        restart(bundle("storage.selector"));
    }

    @Test
    public void oldRevisionsOfTheDriverAreCollected() throws Exception {
        update(driverBundle());
    }

    @Test
    public void oldRevisionsOfTheSelectorAreCollected() throws Exception {
        update(bundle("storage.selector"));
    }

    private void update(Bundle bundle) throws Exception {
        use();
        Map<String, Long> threads = threads();
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        for (int round = 0; round < UPDATES; round++) {
            loaders.add(new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader()));
            update(bundle, bundle.getLocation());
            use();
        }
        awaitThreads(threads);
        awaitCollected(loaders);
    }

    /** Update alone keeps the old revision wired until a refresh. */
    private void update(Bundle bundle, String location) throws Exception {
        String jar = location.startsWith("reference:") ? location.substring("reference:".length()) : location;
        try (InputStream content = URI.create(jar).toURL().openStream()) {
            bundle.update(content);
        }
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

    private static void awaitCollected(List<WeakReference<ClassLoader>> loaders) {
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
