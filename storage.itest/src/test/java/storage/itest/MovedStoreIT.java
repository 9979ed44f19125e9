package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import storage.api.IdMaps;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.Mount;
import storage.api.StorageException;
import storage.api.StoreInfo.Access;
import storage.linux.Linux;
import storage.selector.Happening;
import storage.selector.Migrations;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/** Published stores are moved to another backend under their consumers. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class MovedStoreIT extends ConfiguredFramework {
    private static final LayerId BOX = new LayerId("box");

    @Inject
    private Selector selector;

    @Inject
    private Migrations migrations;

    private static boolean canOverlay() {
        return Needs.met("root", Linux.syscalls().geteuid() == 0, "overlays need root");
    }

    /** A store of vfs with a layer, closed again. */
    private Path filled(String name) throws Exception {
        Path root = roots.root(name);
        StoreRequest request =
                new StoreRequest(root, Optional.of("vfs"), Map.of(), IdMaps.IDENTITY, Access.WRITE, false);
        try (LayerStore store = selector.open(request)) {
            store.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
            try (Mount mount = store.mount(BOX)) {
                Files.writeString(mount.path().resolve("file"), "content");
            }
        }
        return root;
    }

    @Test
    public void consumersKeepTheirService() throws Exception {
        if (!canOverlay()) {
            return;
        }
        Path root = filled("moved");
        try (Watched<LayerStore> service = store("moved")) {
            configurations.store("moved", root, Map.of());
            LayerStore store = service.one();
            assertEquals("vfs", store.info().driver());
            Migrations.Result result =
                    migrations.migrate(Migrations.Request.of(root, "overlay2"), Migrations.Progress.NONE);
            assertEquals(1, result.copied());
            assertSame(store, service.one());
            assertEquals("overlay2", store.info().driver());
            assertEquals("content", content(store, BOX));
            assertTrue(selector.happenings().stream()
                    .anyMatch(one -> one.kind() == Happening.Kind.MIGRATION_PROGRESS
                            && one.text().contains("copying box")));
        }
    }

    /** Whoever watches is told of each image before it is copied, and can work in the store meanwhile. */
    @Test
    public void consumersWorkWhileImagesAreCopied() throws Exception {
        if (!canOverlay()) {
            return;
        }
        Path root = filled("busy");
        LayerId leaf = new LayerId("leaf");
        try (Watched<LayerStore> service = store("busy")) {
            configurations.store("busy", root, Map.of());
            LayerStore store = service.one();
            image(store, "ground", Optional.empty(), "one");
            image(store, "top", Optional.of(new LayerId("ground")), "two");
            image(store, leaf.value(), Optional.empty(), "old");
            List<String> failures = Collections.synchronizedList(new ArrayList<>());
            AtomicInteger worked = new AtomicInteger();

            migrations.migrate(Migrations.Request.of(root, "overlay2"), (step, bytes) -> {
                if (!step.endsWith("copying top")) {
                    return;
                }
                try {
                    long end = System.nanoTime() + 60_000_000_000L;
                    while (!Files.exists(root.resolve("overlay2/leaf/diff/file")) && System.nanoTime() < end) {
                        LockSupport.parkNanos(10_000_000);
                    }
                    if (System.nanoTime() >= end) {
                        throw new AssertionError("The leaf is not copied");
                    }
                    store.remove(leaf);
                    image(store, leaf.value(), Optional.empty(), "new");
                    store.createReadWrite(new LayerId("during"), Optional.of(new LayerId("ground")), LayerOptions.NONE);
                    try (Mount mount = store.mount(BOX)) {
                        Files.writeString(mount.path().resolve("file"), "changed");
                    }
                    worked.incrementAndGet();
                } catch (Exception | AssertionError e) {
                    failures.add(e.toString());
                }
            });

            assertEquals(List.of(), failures);
            assertEquals(1, worked.get());
            assertSame(store, service.one());
            assertEquals("overlay2", store.info().driver());
            assertEquals("changed", content(store, BOX));
            assertEquals("new", content(store, leaf));
            assertEquals("one", content(store, new LayerId("during")));
            assertEquals("two", content(store, new LayerId("top")));
        }
    }

    /** A policy that could not be followed leaves nothing of its own behind. */
    @Test
    public void aPolicyGivesUpWhatIsInUse() throws Exception {
        if (!canOverlay()) {
            return;
        }
        Path root = filled("policy");
        org.osgi.service.cm.Configuration configuration =
                configurations.store("policy", root, Map.of("moveToBetter", "never"));
        try (Watched<LayerStore> service = store("policy")) {
            LayerStore store = service.one();
            image(store, "ground", Optional.empty(), "one");
            try (Mount mount = store.mount(BOX)) {
                configurations.update(
                        configuration, "policy", root, Map.of("moveToBetter", "migrate", "swapSeconds", 1));
                Path migration = root.resolve("storage/migration");
                Path copy = root.resolve("overlay2/ground/diff/file");
                await("copied", () -> Files.exists(copy));
                await("given up", () -> !Files.exists(migration) && !Files.exists(root.resolve("overlay2")));
                assertEquals("content", Files.readString(mount.path().resolve("file")));
            }
            assertSame(store, service.one());
            assertEquals("vfs", store.info().driver());
            assertEquals("one", content(store, new LayerId("ground")));
        }
    }

    private static void await(String what, BooleanSupplier state) {
        long end = System.nanoTime() + 60_000_000_000L;
        while (!state.getAsBoolean()) {
            assertTrue(what, System.nanoTime() < end);
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** What is in use is told before anything is copied. */
    @Test
    public void layersInUseStopItAtOnce() throws Exception {
        if (!canOverlay()) {
            return;
        }
        Path root = filled("held");
        try (Watched<LayerStore> service = store("held")) {
            configurations.store("held", root, Map.of());
            LayerStore store = service.one();
            try (Mount mount = store.mount(BOX)) {
                StorageException failure = assertThrows(
                        StorageException.class,
                        () -> migrations.migrate(Migrations.Request.of(root, "overlay2"), Migrations.Progress.NONE));
                assertEquals(StorageException.Kind.IN_USE, failure.kind());
                assertTrue(failure.getMessage(), failure.getMessage().contains("box"));
                assertEquals("content", Files.readString(mount.path().resolve("file")));
            }
            assertEquals(Optional.empty(), migrations.unfinished(root));
            assertFalse(Files.exists(root.resolve("overlay2")));
            assertEquals("vfs", store.info().driver());
        }
    }

    private static void image(LayerStore store, String name, Optional<LayerId> parent, String content)
            throws Exception {
        LayerId draft = new LayerId("draft");
        store.createReadWrite(draft, parent, LayerOptions.NONE);
        try (Mount mount = store.mount(draft)) {
            Files.writeString(mount.path().resolve("file"), content);
        }
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        store.diff(draft, parent, archive);
        store.remove(draft);
        store.create(new LayerId(name), parent, LayerOptions.NONE);
        store.applyDiff(new LayerId(name), new ByteArrayInputStream(archive.toByteArray()));
    }

    @Test
    public void aPolicyMovesThemToTheBetterBackend() throws Exception {
        if (!canOverlay()) {
            return;
        }
        Path root = filled("better");
        try (Watched<LayerStore> service = store("better")) {
            configurations.store("better", root, Map.of("moveToBetter", "migrate"));
            LayerStore store = service.one();
            long end = System.nanoTime() + 60_000_000_000L;
            while (!store.info().driver().equals("overlay2") && System.nanoTime() < end) {
                LockSupport.parkNanos(10_000_000);
            }
            assertEquals("overlay2", store.info().driver());
            assertEquals("content", content(store, BOX));
        }
    }

    private static String content(LayerStore store, LayerId id) throws Exception {
        try (Mount mount = store.mount(id)) {
            return Files.readString(mount.path().resolve("file"));
        } catch (StorageException e) {
            throw new AssertionError(e.getMessage() + ". " + e.advice(), e);
        }
    }
}
