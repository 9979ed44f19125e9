package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
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
            assertEquals("content", content(store));
            assertTrue(selector.happenings().stream()
                    .anyMatch(one -> one.kind() == Happening.Kind.MIGRATION_PROGRESS
                            && one.text().contains("copying box")));
        }
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
            assertEquals("content", content(store));
        }
    }

    private static String content(LayerStore store) throws Exception {
        try (Mount mount = store.mount(BOX)) {
            return Files.readString(mount.path().resolve("file"));
        } catch (StorageException e) {
            throw new AssertionError(e.getMessage() + ". " + e.advice(), e);
        }
    }
}
