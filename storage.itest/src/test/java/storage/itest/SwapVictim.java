package storage.itest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.launch.Framework;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.util.tracker.ServiceTracker;
import storage.api.LayerHolds;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;

/**
 * A process with a framework of its own that updates the driver's bundle under a store in use and ends itself, as SIGKILL
 * would, at one moment of it. What calls have answered is in a file, a line each, before the next call is made.
 */
final class SwapVictim {
    /** The moments, in the order in which they come. */
    enum Moment {
        /** Calls wait, the driver is still there. */
        HELD,
        /** The backend's store is closed; the driver's service is going. */
        CLOSED,
        /** The old bundle is stopped. */
        STOPPED,
        /** The new content is there. */
        UPDATED,
        /** The new driver's service is there, and the store is about to be opened. */
        REGISTERED,
        /** The store is open, calls are about to go on. */
        OPENED,
        /** Everything is done. */
        STARTED
    }

    private static final int KILLED = 137;

    private final BundleContext context;
    private final Path diary;
    private final Moment moment;
    private volatile boolean armed;

    private SwapVictim(BundleContext context, Path diary, Moment moment) {
        this.context = context;
        this.diary = diary;
        this.moment = moment;
    }

    /** @param arguments bundles, framework cache, root, diary, driver, driver's bundle, moment, then configuration KEY=VALUE */
    public static void main(String[] arguments) {
        try {
            Framework framework = PlainFramework.start(Path.of(arguments[0]), arguments[1]);
            SwapVictim victim =
                    new SwapVictim(framework.getBundleContext(), Path.of(arguments[3]), Moment.valueOf(arguments[6]));
            victim.run(
                    Path.of(arguments[2]),
                    arguments[4],
                    arguments[5],
                    Arrays.asList(arguments).subList(7, arguments.length));
        } catch (Exception | LinkageError e) {
            e.printStackTrace(System.out);
        }
        Runtime.getRuntime().halt(1); // the framework's threads would keep the process
    }

    private void run(Path root, String driver, String bundle, List<String> more) throws Exception {
        ServiceTracker<ConfigurationAdmin, ConfigurationAdmin> admin =
                new ServiceTracker<>(context, ConfigurationAdmin.class, null);
        admin.open();
        Map<String, Object> properties = new HashMap<>(Map.of("root", root.toString(), "driver", driver));
        if (!more.isEmpty()) {
            properties.put("options", more.toArray(String[]::new));
        }
        admin.waitForService(60_000)
                .createFactoryConfiguration("storage.store", "?")
                .update(FrameworkUtil.asDictionary(properties));
        ServiceTracker<LayerStore, LayerStore> stores = new ServiceTracker<>(context, LayerStore.class, null);
        stores.open();
        LayerStore store = stores.waitForService(60_000);
        LayerId ground = new LayerId("ground");
        store.createReadWrite(ground, Optional.empty(), LayerOptions.NONE);
        note("+ ground");
        LayerId held = new LayerId("held");
        store.createReadWrite(held, Optional.of(ground), LayerOptions.NONE);
        note("+ held");
        Path path = store.ability(LayerHolds.class).orElseThrow().hold(held, "keeper", "");
        Files.writeString(path.resolve("file"), "content");
        note("mounted " + path);
        Thread worker = new Thread(() -> work(store, ground));
        worker.start();
        while (Files.readAllLines(diary).size() < 6) {
            Thread.onSpinWait();
        }
        listen();
        Bundle updated = Stream.of(context.getBundles())
                .filter(each -> bundle.equals(each.getSymbolicName()))
                .findFirst()
                .orElseThrow();
        armed = true;
        String jar = updated.getLocation().substring("reference:".length());
        try (InputStream content = java.net.URI.create(jar).toURL().openStream()) {
            updated.update(content);
        }
        System.out.println("The moment " + moment + " never came");
    }

    private void work(LayerStore store, LayerId ground) {
        try {
            for (int i = 0; ; i++) {
                LayerId id = new LayerId("box-" + i);
                note("? " + id);
                store.createReadWrite(id, Optional.of(ground), LayerOptions.NONE);
                note("+ " + id);
                Files.writeString(store.get(id, "").resolve("mine"), id.value());
                store.put(id);
                if (i % 3 == 2) {
                    note("? " + id);
                    store.remove(id);
                    note("- " + id);
                }
            }
        } catch (IOException e) {
            System.out.println("A call failed: " + e);
            Runtime.getRuntime().halt(1);
        }
    }

    private synchronized void note(String line) throws IOException {
        Files.writeString(diary, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Listeners are called on the thread that does it, in the middle of it. */
    private void listen() {
        context.addServiceListener(event -> {
            Object condition = event.getServiceReference().getProperty("osgi.condition.id");
            Object types = List.of((String[]) event.getServiceReference().getProperty(Constants.OBJECTCLASS));
            boolean driver = types.equals(List.of("storage.api.driver.GraphDriver"));
            if ("storage.swapping".equals(condition)) {
                reached(event.getType() == ServiceEvent.REGISTERED ? Moment.HELD : Moment.OPENED);
            } else if (driver && event.getType() == ServiceEvent.UNREGISTERING) {
                reached(Moment.CLOSED);
            } else if (driver && event.getType() == ServiceEvent.REGISTERED) {
                reached(Moment.REGISTERED);
            }
        });
        context.addBundleListener((SynchronousBundleListener) event -> {
            switch (event.getType()) {
                case BundleEvent.STOPPED -> reached(Moment.STOPPED);
                case BundleEvent.UPDATED -> reached(Moment.UPDATED);
                case BundleEvent.STARTED -> reached(Moment.STARTED);
                default -> {}
            }
        });
    }

    private void reached(Moment here) {
        if (armed && here == moment) {
            System.out.println("Killed at " + here);
            System.out.flush();
            Runtime.getRuntime().halt(KILLED);
        }
    }
}
