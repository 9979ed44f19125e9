package storage.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.launch.Framework;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import storage.api.LayerStore;
import storage.api.StorageConstants;

/** Run in a guest by {@link DevmapperSwapIT}: the bundle of thin devices is updated under threads that count. */
class DevmapperSwapInGuest {
    private static final Path FOLDER = Path.of("/run/swap");
    private static final String DRIVER = "devmapper";
    private static final int THREADS = 4;
    private static final int UPDATES = 50;

    private Framework framework;
    private BundleContext context;

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(FOLDER);
        framework = PlainFramework.start(
                Path.of("target/bundles").toAbsolutePath(),
                FOLDER.resolve("cache").toString());
        context = framework.getBundleContext();
    }

    @AfterEach
    void stop() throws Exception {
        framework.stop();
        framework.waitForStop(TimeUnit.MINUTES.toMillis(1));
    }

    @Test
    void nobodyNotices() throws Exception {
        AtomicInteger registrations = new AtomicInteger();
        try (Watched<LayerStore> watched = Watched.of(context, LayerStore.class, "(storage.name=" + DRIVER + ")")) {
            Configuration configuration = configure();
            LayerStore store = watched.one();
            context.addServiceListener(
                    event -> {
                        if (event.getType() != ServiceEvent.MODIFIED) {
                            registrations.incrementAndGet();
                        }
                    },
                    "(&(objectClass=" + LayerStore.class.getName() + ")(storage.name=" + DRIVER + "))");
            SwapLoad load = SwapLoad.over(store);
            load.start(THREADS);
            for (int i = 0; i < UPDATES && !load.isHarmed(); i++) {
                long before = load.calls();
                update();
                while (load.calls() == before && !load.isHarmed()) {
                    LockSupport.parkNanos(10_000_000); // not faster than anybody can use it
                }
            }
            load.stop();
            System.out.println(DRIVER + ": " + UPDATES + " updates, " + load.report());
            load.assertUnharmed();
            assertEquals(0, registrations.get(), "the service was never taken back");
            load.assertAllThere();
            load.release();
            load.removeAll();
            store.cleanup();
            configuration.delete();
            watched.none();
        }
        assertEquals("No devices found", run("dmsetup", "ls").strip());
        assertEquals("", run("losetup", "-a").strip());
    }

    private Configuration configure() throws Exception {
        ConfigurationAdmin admin = context.getService(context.getServiceReference(ConfigurationAdmin.class));
        Map<String, Object> properties = new HashMap<>(Map.of(
                StorageConstants.STORE_NAME,
                DRIVER,
                "root",
                FOLDER.resolve("root").toString(),
                "driver",
                DRIVER));
        // an exchange takes seconds here, and the more layers there are the longer
        properties.put("swapSeconds", 600);
        properties.put("drainSeconds", 120);
        properties.put(
                "options",
                new String[] {"dm.fs=ext4", "dm.basesize=64m", "dm.loopdatasize=1g", "dm.loopmetadatasize=16m"});
        Configuration configuration = admin.createFactoryConfiguration(StorageConstants.STORE_PID, "?");
        configuration.update(FrameworkUtil.asDictionary(properties));
        return configuration;
    }

    private void update() throws Exception {
        Bundle bundle = Stream.of(context.getBundles())
                .filter(each -> "storage.devmapper".equals(each.getSymbolicName()))
                .findFirst()
                .orElseThrow();
        URI jar = URI.create(bundle.getLocation().substring("reference:".length()));
        try (InputStream content = jar.toURL().openStream()) {
            bundle.update(content);
        }
        assertEquals(Bundle.ACTIVE, bundle.getState());
    }

    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
