package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.inject.Inject;
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
import org.osgi.framework.ServiceReference;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleWiring;
import storage.api.IdMaps;
import storage.api.LayerHolds;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageConstants;
import storage.api.StoreInfo.Access;
import storage.api.driver.GraphDriver;
import storage.api.loop.LoopDevices;
import storage.selector.Selection;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/** The drivers that are shipped, as services, capabilities and candidates. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class DriversIT {
    private static final Map<String, Integer> PRIORITIES = Map.of(
            "btrfs", 700, "overlay2", 600, "aufs", 500, "overlay", 400, "devmapper", 300, "loopback", 200, "vfs", 100);
    private static final Set<String> BACKENDS = Set.of(
            "storage.aufs", "storage.btrfs", "storage.devmapper", "storage.loopback", "storage.overlay", "storage.vfs");
    private static final LayerId BOX = new LayerId("box");

    @Inject
    private BundleContext context;

    @Inject
    private Selector selector;

    @Rule
    public final Roots roots = new Roots();

    @Configuration
    public Option[] bundles() {
        return options(Bundles.junit(), Bundles.runtime(), Bundles.all());
    }

    private StoreRequest named(String driver) {
        return new StoreRequest(
                roots.root(driver), Optional.of(driver), Map.of(), IdMaps.IDENTITY, Access.WRITE, false);
    }

    @Test
    public void everyDriverIsAServiceWithItsNameAndPriority() throws Exception {
        Map<String, Integer> found = new HashMap<>();
        for (ServiceReference<GraphDriver> reference : context.getServiceReferences(GraphDriver.class, null)) {
            String name = (String) reference.getProperty(StorageConstants.DRIVER_NAME);
            assertEquals(name, context.getService(reference).name());
            found.put(name, (Integer) reference.getProperty(StorageConstants.PRIORITY));
        }
        assertEquals(PRIORITIES, found);
    }

    @Test
    public void everyDriverIsACapabilityOfItsBundle() {
        Map<String, Set<String>> names = new TreeMap<>();
        for (Bundle bundle : context.getBundles()) {
            for (BundleCapability capability :
                    bundle.adapt(BundleWiring.class).getCapabilities(StorageConstants.DRIVER_NAMESPACE)) {
                names.computeIfAbsent(bundle.getSymbolicName(), key -> new TreeSet<>())
                        .add((String) capability.getAttributes().get(StorageConstants.DRIVER_NAME));
            }
        }
        assertEquals(
                Map.of(
                        "storage.aufs",
                        Set.of("aufs"),
                        "storage.btrfs",
                        Set.of("btrfs"),
                        "storage.devmapper",
                        Set.of("devmapper"),
                        "storage.loopback",
                        Set.of("loopback"),
                        "storage.overlay",
                        Set.of("overlay", "overlay2"),
                        "storage.vfs",
                        Set.of("vfs")),
                names);
    }

    @Test
    public void bundlesExportWhatTheyShouldAndRegisterNothingElse() {
        for (Bundle bundle : context.getBundles()) {
            String name = bundle.getSymbolicName();
            if (!name.startsWith("storage.") || name.equals("storage.itest")) {
                continue;
            }
            List<String> exports = new ArrayList<>();
            bundle.adapt(BundleWiring.class).getCapabilities(PackageNamespace.PACKAGE_NAMESPACE).stream()
                    .map(capability -> (String) capability.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE))
                    .forEach(exports::add);
            exports.forEach(export -> assertTrue(export, export.equals(name) || export.startsWith(name + ".")));
            if (BACKENDS.contains(name)) {
                assertEquals(name, List.of(), exports);
            } else if (name.equals("storage.selector") || name.equals("storage.image")) {
                assertEquals(List.of(name), exports);
            }
            if (BACKENDS.contains(name)) {
                for (ServiceReference<?> service : bundle.getRegisteredServices()) {
                    List<String> types = List.of((String[]) service.getProperty("objectClass"));
                    if (!name.equals("storage.loopback") || !types.equals(List.of(LoopDevices.class.getName()))) {
                        assertEquals(List.of(GraphDriver.class.getName()), types);
                    }
                }
            }
        }
    }

    @Test
    public void theFirstThatCanWorkIsChosen() {
        Selection selection = selector.select(StoreRequest.at(roots.root("a")));

        assertEquals(
                List.of("btrfs", "overlay2", "aufs", "overlay", "devmapper", "loopback", "vfs"),
                selection.candidates().stream().map(Selection.Candidate::driver).toList());
        Optional<String> first = selection.candidates().stream()
                .filter(candidate -> candidate.verdict().isSupported())
                .map(Selection.Candidate::driver)
                .findFirst();
        assertEquals(first, selection.chosen());
        assertTrue(
                "vfs works everywhere", selection.candidates().get(6).verdict().isSupported());
        assertTrue(Files.notExists(roots.root("a")));
        assertEquals(List.of(), roots.mounts());
    }

    @Test
    public void vfsWorksThroughTheSelector() throws IOException {
        useAndAdopt("vfs");
    }

    @Test
    public void overlayWorksThroughTheSelector() throws IOException {
        if (canWork("overlay")) {
            useAndAdopt("overlay");
        }
    }

    @Test
    public void overlay2WorksThroughTheSelector() throws IOException {
        if (canWork("overlay2")) {
            useAndAdopt("overlay2");
        }
    }

    @Test
    public void loopbackWorksThroughTheSelector() throws IOException {
        if (canWork("loopback", "loop")) {
            useAndAdopt("loopback");
        }
    }

    /** Few machines have it: its own tests work in a guest. */
    @Test
    public void devmapperSaysWhatIsMissing() {
        Selection selection = selector.select(named("devmapper"));
        Selection.Candidate devmapper = selection.candidates().stream()
                .filter(candidate -> candidate.driver().equals("devmapper"))
                .findFirst()
                .orElseThrow();
        if (!devmapper.verdict().isSupported()) {
            assertTrue(
                    devmapper.verdict().reason(), devmapper.verdict().reason().length() > 20);
            assertTrue(
                    devmapper.verdict().advice(), devmapper.verdict().advice().length() > 5);
        }
    }

    private boolean canWork(String driver) {
        return canWork(driver, "overlay");
    }

    private boolean canWork(String driver, String feature) {
        Selection selection = selector.select(named(driver));
        return Needs.met(feature, selection.chosen().isPresent(), selection.reason());
    }

    /** Mounted by one opening, held by two names, adopted by the next opening, ended by a third. */
    private void useAndAdopt(String driver) throws IOException {
        LayerId base = new LayerId("below");
        Path file;
        try (LayerStore store = selector.open(named(driver))) {
            assertEquals(driver, store.info().driver());
            store.createReadWrite(base, Optional.empty(), LayerOptions.NONE);
            store.createReadWrite(BOX, Optional.of(base), LayerOptions.NONE);
            LayerHolds holds = store.ability(LayerHolds.class).orElseThrow();
            file = holds.hold(BOX, "cli", "").resolve("file");
            holds.hold(BOX, "backup", "");
            Files.writeString(file, "content");
        }
        assertEquals("content", Files.readString(file));

        StoreRequest looking =
                new StoreRequest(roots.root(driver), Optional.empty(), Map.of(), IdMaps.IDENTITY, Access.READ, false);
        try (LayerStore writer = selector.open(StoreRequest.at(roots.root(driver)));
                LayerStore reader = selector.open(looking)) {
            assertEquals("recorded, not chosen anew", driver, writer.info().driver());
            assertEquals(
                    List.of(new Hold(BOX, "backup", 1), new Hold(BOX, "cli", 1)),
                    reader.ability(LayerHolds.class).orElseThrow().holds());
            writer.ability(LayerHolds.class).orElseThrow().release(BOX, "cli");
            assertEquals("content", Files.readString(file));
            assertEquals(2, reader.layers().size());
        }
        try (LayerStore store = selector.open(StoreRequest.at(roots.root(driver)))) {
            store.ability(LayerHolds.class).orElseThrow().release(BOX, "backup");
            assertEquals(List.of(), roots.mounts());
            store.remove(BOX);
            store.remove(base);
        }
        assertEquals(List.of(), roots.mounts());
    }

    @Test
    public void theSelectorIsSeenByConsumers() {
        ServiceReference<Selector> reference = context.getServiceReference(Selector.class);
        assertNotNull(reference);
        assertEquals("storage.selector", reference.getBundle().getSymbolicName());
    }
}
