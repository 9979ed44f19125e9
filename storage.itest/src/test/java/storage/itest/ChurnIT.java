package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;

/**
 * Bundles that are started, stopped, updated and refreshed again and again leave nothing behind. Of the bundles that are
 * updated no class may be used here: the refresh would take this test along.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ChurnIT extends ConfiguredFramework {
    private static final int ROUNDS = 50;
    private static final int UPDATES = 5;
    private static final LayerId BOX = new LayerId("box");

    @Before
    public void configure() throws Exception {
        configurations.store("one", roots.root("a"), Map.of("swapSeconds", 0));
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
        return store("one");
    }

    /** The bundle of the driver that was chosen for the store: the best that this machine can do. */
    private Bundle driverBundle() throws InterruptedException {
        try (Watched<LayerStore> store = store()) {
            return bundle(store.one().info().driver().equals("vfs") ? "storage.vfs" : "storage.overlay");
        }
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
        RunningThreads threads = new RunningThreads();
        List<String> mounts = roots.mounts();
        for (int round = 0; round < ROUNDS; round++) {
            bundle.stop();
            try (Watched<LayerStore> store = store()) {
                assertFalse(store.isPresent());
            }
            bundle.start();
            use();
        }
        threads.awaitNoMore();
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
        RunningThreads threads = new RunningThreads();
        Updates updates = new Updates(context, bundle);
        for (int round = 0; round < UPDATES; round++) {
            updates.update();
            updates.refresh();
            use();
        }
        threads.awaitNoMore();
        updates.awaitCollected();
    }
}
