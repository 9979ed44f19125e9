package storage.itest;

import static org.junit.Assert.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceListener;
import storage.api.IdMaps;
import storage.api.LayerStore;
import storage.api.StoreInfo.Access;
import storage.selector.Selection;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/**
 * The bundle of the backend in use is updated again and again while threads work in the store: nobody notices, and nothing
 * is left behind. Of the bundles that are updated no class may be used here.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class HotSwapIT extends ConfiguredFramework {
    private static final int THREADS = 4;
    private static final int UPDATES = Integer.getInteger(
            "storage.test.swaps", "full".equals(System.getProperty("storage.test.matrix")) ? 200 : 12);

    @Inject
    private Selector selector;

    @Test
    public void vfs() throws Exception {
        swap("vfs", "vfs", "storage.vfs", Map.of());
    }

    @Test
    public void overlay2() throws Exception {
        swap("overlay2", "overlay", "storage.overlay", Map.of());
    }

    @Test
    public void overlay() throws Exception {
        swap("overlay", "overlay", "storage.overlay", Map.of());
    }

    @Test
    public void loopback() throws Exception {
        swap("loopback", "loop", "storage.loopback", Map.of("options", new String[] {"loopback.size=16m"}));
    }

    @Test
    public void btrfs() throws Exception {
        try (BtrfsImage image = BtrfsImage.mount(roots.root("btrfs"))) {
            if (Needs.met("btrfs", image.isMounted(), image.problem())) {
                swap("btrfs", "btrfs", "storage.btrfs", Map.of());
            }
        }
    }

    private void swap(String driver, String feature, String bundle, Map<String, Object> more) throws Exception {
        Path root = roots.root(driver).resolve("root");
        Selection selection = selector.select(
                new StoreRequest(root, Optional.of(driver), Map.of(), IdMaps.IDENTITY, Access.WRITE, false));
        if (!Needs.met(feature, selection.chosen().isPresent(), selection.reason())) {
            return;
        }
        Map<String, Object> properties = new java.util.HashMap<>(more);
        properties.put("driver", driver);
        RunningThreads threads = new RunningThreads();
        AtomicInteger registrations = new AtomicInteger();
        ServiceListener listener = event -> {
            if (event.getType() != ServiceEvent.MODIFIED) {
                registrations.incrementAndGet();
            }
        };
        String filter = "(&(objectClass=" + LayerStore.class.getName() + ")(storage.name=" + driver + "))";
        LayerStore store;
        try (Watched<LayerStore> watched = store(driver)) {
            configurations.store(driver, root, properties);
            store = watched.one();
        }
        context.addServiceListener(listener, filter);
        try {
            Updates updates = Updates.of(context, bundle);
            SwapLoad load = SwapLoad.over(store);
            load.start(THREADS);
            for (int i = 0; i < UPDATES; i++) {
                long before = load.calls();
                updates.update();
                if (i % 4 == 3) {
                    updates.refresh();
                }
                while (load.calls() == before && !load.isHarmed()) {
                    Thread.onSpinWait(); // not faster than anybody can use it
                }
            }
            load.stop();
            System.out.println(driver + ": " + UPDATES + " updates, " + load.report());

            load.assertUnharmed();
            assertEquals("the service was never taken back", 0, registrations.get());
            load.assertAllThere();
            load.release();
            assertEquals("mounts that nobody holds", List.of(), mounts(store));
            load.removeAll();
            updates.awaitCollected();
        } finally {
            context.removeServiceListener(listener);
            try (Watched<LayerStore> gone = store(driver)) {
                configurations.close();
                gone.none();
            }
        }
        threads.awaitNoMore();
        assertEquals("loop devices", Set.of(), loopDevices(root));
    }

    private List<String> mounts(LayerStore store) {
        String home = store.info().root() + "/";
        return roots.mounts().stream().filter(point -> point.startsWith(home)).toList();
    }

    /** Loop devices whose files lie below a folder. */
    private static Set<String> loopDevices(Path folder) throws Exception {
        Set<String> found = new TreeSet<>();
        try (Stream<Path> devices = Files.list(Path.of("/sys/block"))) {
            for (Path device : devices.toList()) {
                Path file = device.resolve("loop/backing_file");
                if (Files.exists(file) && Files.readString(file).startsWith(folder + "/")) {
                    found.add(device.getFileName().toString());
                }
            }
        }
        return found;
    }
}
