package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.options;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.util.tracker.ServiceTracker;
import storage.api.LayerStore;
import storage.itest.engine.Engine;

/**
 * The plugin in a server, from configuration, without a root of its own: the engine says where. The bundle of the backend is
 * updated while the engine builds, and the plugin's own bundle between two builds.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class PluginUpgradeIT {
    private static final int STEPS = 6;
    private static final String PLUGIN = "up" + ProcessHandle.current().pid();
    private static final Path SOCKET = Path.of("/run/docker/plugins", PLUGIN + ".sock");

    @Inject
    private BundleContext context;

    @Inject
    private ConfigurationAdmin admin;

    @Rule
    public final Roots roots = new Roots();

    @Configuration
    public Option[] bundles() {
        return options(Bundles.junit(), Bundles.runtime(), Bundles.events(), Bundles.all(), Bundles.engine());
    }

    @Test
    public void engineBuildsWhileTheBackendIsUpgraded() throws Exception {
        Path root = roots.root("plugin");
        Path busybox = Path.of("/bin/busybox");
        if (!Needs.met(
                "dockerd", Engine.missing().isEmpty() && Files.isExecutable(busybox), "no engine, or no busybox")) {
            return;
        }
        org.osgi.service.cm.Configuration configuration = admin.createFactoryConfiguration("storage.docker", "?");
        configuration.update(FrameworkUtil.asDictionary(Map.of(
                "name",
                PLUGIN,
                "driver",
                "overlay2",
                "state",
                root.resolve("state").toString())));
        try {
            await(true);
            try (Engine engine = Engine.start(PLUGIN, root.resolve("engine"))) {
                build(engine, busybox, root);
            }
            assertTrue(Files.exists(root.resolve("state").resolve(PLUGIN + ".json")));
            assertTrue(Files.isDirectory(root.resolve("engine").resolve(PLUGIN).resolve("overlay2")));
        } finally {
            configuration.delete();
        }
        await(false);
        awaitNoStore();
    }

    private void build(Engine engine, Path busybox, Path root) throws Exception {
        Path tree = Files.createDirectories(root.resolve("tree/bin"));
        Files.copy(busybox, tree.resolve("busybox"));
        Files.createSymbolicLink(tree.resolve("sh"), Path.of("busybox"));
        byte[] tar = new ProcessBuilder("tar", "-C", root.resolve("tree").toString(), "-c", ".")
                .start()
                .getInputStream()
                .readAllBytes();
        engine.docker(tar, "import", "-", "base:1");

        Updates backend = Updates.of(context, "storage.overlay");
        var thread = Executors.newSingleThreadExecutor();
        int updates = 0;
        try {
            var building = thread.submit(() -> build(engine, "img:1"));
            do {
                backend.update();
                updates++;
            } while (!isDone(building));
            building.get();
        } finally {
            thread.shutdownNow();
        }
        assertTrue("updates during the build: " + updates, updates > 1);
        assertShows(engine, "img:1");

        Updates.of(context, "storage.docker").update();
        build(engine, "img:2");
        assertShows(engine, "img:2");
        engine.docker("rmi", "img:1", "img:2", "base:1");
        assertEquals(List.of(), store().layers());
    }

    /** Waits a moment between two updates, as long as the build goes on. */
    private static boolean isDone(java.util.concurrent.Future<?> building) throws Exception {
        try {
            building.get(100, TimeUnit.MILLISECONDS);
            return true;
        } catch (java.util.concurrent.TimeoutException e) {
            return false;
        }
    }

    private static String build(Engine engine, String name) throws Exception {
        StringBuilder file = new StringBuilder("FROM base:1\n");
        for (int step = 0; step < STEPS; step++) {
            file.append("RUN [\"/bin/sh\", \"-c\", \"echo " + step + " > /step" + step + "\"]\n");
        }
        return engine.docker(
                file.toString().getBytes(StandardCharsets.UTF_8),
                "build",
                "--no-cache",
                "--network=none",
                "-t",
                name,
                "-");
    }

    private static void assertShows(Engine engine, String image) throws Exception {
        String shown = engine.docker("run", "--rm", "--network=none", image, "sh", "-c", "echo /step*");
        assertEquals("/step0 /step1 /step2 /step3 /step4 /step5\n", shown);
    }

    private LayerStore store() throws Exception {
        ServiceTracker<LayerStore, LayerStore> tracker = new ServiceTracker<>(context, LayerStore.class, null);
        tracker.open();
        try {
            return tracker.waitForService(TimeUnit.SECONDS.toMillis(60));
        } finally {
            tracker.close();
        }
    }

    private void await(boolean there) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (Files.exists(SOCKET) != there && System.nanoTime() < end) {
            java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
        }
        assertEquals(there, Files.exists(SOCKET));
    }

    private void awaitNoStore() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (context.getServiceReference(LayerStore.class) != null && System.nanoTime() < end) {
            java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
        }
        assertFalse(context.getServiceReference(LayerStore.class) != null);
    }
}
