package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.service.condition.Condition;
import org.osgi.service.metatype.AttributeDefinition;
import org.osgi.service.metatype.MetaTypeService;
import org.osgi.service.metatype.ObjectClassDefinition;
import storage.api.IdMaps;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.api.StoreInfo.Access;
import storage.selector.Opening;
import storage.selector.Selection;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/** Stores by configuration: published, changed, taken back. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ConfiguredStoresIT extends ConfiguredFramework {
    private static final LayerId BOX = new LayerId("box");
    private static final Map<String, Object> VFS = Map.of("driver", "vfs");

    @Inject
    private Selector selector;

    @Inject
    private MetaTypeService metatypes;

    /** Changes are told to the component runtime one after another: what comes last has seen the others through. */
    @After
    public void stop() throws Exception {
        configurations.close();
        try (Watched<LayerStore> last = store("last")) {
            org.osgi.service.cm.Configuration configuration = configurations.store("last", roots.root("last"), VFS);
            LayerStore store = last.one();
            configurations.delete(configuration);
            awaitClosed(store);
        }
    }

    /** A store is withdrawn first and closed after that. */
    private static void awaitClosed(LayerStore store) throws StorageException {
        long end = System.nanoTime() + 60_000_000_000L;
        while (System.nanoTime() < end) {
            try {
                store.exists(BOX);
            } catch (StorageException e) {
                assertEquals(StorageException.Kind.CLOSED, e.kind());
                return;
            }
            LockSupport.parkNanos(1_000_000);
        }
        throw new AssertionError("The store is still open");
    }

    private Watched<Condition> ready(String name) {
        return Watched.of(context, Condition.class, "(&(osgi.condition.id=storage.ready)(storage.name=" + name + "))");
    }

    private Optional<String> lastProblem(String store) {
        List<Opening> openings = selector.openings().stream()
                .filter(one -> one.store().equals(store))
                .toList();
        return openings.isEmpty()
                ? Optional.empty()
                : openings.get(openings.size() - 1).problem();
    }

    @Test
    public void aConfigurationIsAStoreAndACondition() throws Exception {
        try (Watched<LayerStore> store = store("one");
                Watched<Condition> ready = ready("one")) {
            org.osgi.service.cm.Configuration configuration = configurations.store("one", roots.root("one"), VFS);

            store.one().createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
            assertEquals("one", store.reference().getProperty(StorageConstants.STORE_NAME));
            assertEquals("vfs", store.reference().getProperty(StorageConstants.DRIVER_NAME));
            assertEquals(roots.root("one").toString(), store.reference().getProperty(StorageConstants.STORE_ROOT));
            ready.one();
            assertEquals("vfs", ready.reference().getProperty(StorageConstants.DRIVER_NAME));
            assertEquals(Optional.empty(), lastProblem("one"));

            LayerStore service = store.one();
            service.close();
            assertTrue("a consumer cannot close it for the others", service.exists(BOX));

            configurations.delete(configuration);
            store.none();
            ready.none();
            awaitClosed(service);
            assertTrue(Files.exists(roots.root("one").resolve("vfs/dir/box")));
        }
    }

    @Test
    public void severalStoresKeepOutOfEachOthersWay() throws Exception {
        try (Watched<LayerStore> one = store("one");
                Watched<LayerStore> two = store("two");
                Watched<LayerStore> bad = store("bad")) {
            configurations.store("bad", "relative/root", VFS);
            configurations.store("bad", roots.root("bad"), Map.of("driver", "vfs", "options", new String[] {"a=b"}));
            configurations.store("one", roots.root("one"), VFS);
            configurations.store("bad", roots.root("bad2"), Map.of("driver", "zfs"));
            configurations.store("two", roots.root("two"), Map.of("driver", "vfs", "options", new String[0]));

            one.one().createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
            assertFalse(two.one().exists(BOX));
            assertTrue(one.one().exists(BOX));
            assertFalse(bad.isPresent());
            Set<String> problems = new TreeSet<>();
            selector.openings().stream()
                    .filter(opening -> opening.store().equals("bad"))
                    .forEach(opening -> problems.add(opening.problem().orElseThrow()));
            assertTrue(problems.toString(), problems.stream().anyMatch(text -> text.contains("relative/root")));
            assertTrue(problems.toString(), problems.stream().anyMatch(text -> text.contains("'zfs' was named")));
            assertTrue(problems.toString(), problems.size() >= 3);
        }
    }

    @Test
    public void aChangedConfigurationOpensAnew() throws Exception {
        org.osgi.service.cm.Configuration configuration = configurations.store("one", roots.root("a"), VFS);
        LayerStore before;
        try (Watched<LayerStore> store = store("one")) {
            before = store.one();
            before.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        }

        configurations.update(configuration, "one", roots.root("b"), VFS);

        try (Watched<LayerStore> store =
                Watched.of(context, LayerStore.class, "(&(storage.name=one)(storage.root=" + roots.root("b") + "))")) {
            assertFalse(store.one().exists(BOX));
            assertNotSame(before, store.one());
        }
        awaitClosed(before);
    }

    @Test
    public void aBadConfigurationCanBeCorrected() throws Exception {
        try (Watched<LayerStore> store = store("one");
                Watched<LayerStore> other = store("other")) {
            org.osgi.service.cm.Configuration configuration =
                    configurations.store("one", roots.root("a"), Map.of("driver", "vfs", "access", "APPEND"));
            configurations.store("other", roots.root("b"), VFS);
            other.one();
            assertFalse(store.isPresent());

            configurations.update(configuration, "one", roots.root("a"), VFS);

            store.one();
        }
    }

    @Test
    public void oneRootHasOneWriterAndAnyReaders() throws Exception {
        try (Watched<LayerStore> writer = store("writer");
                Watched<LayerStore> second = store("second");
                Watched<LayerStore> reader = store("reader")) {
            org.osgi.service.cm.Configuration first = configurations.store("writer", roots.root("a"), VFS);
            writer.one().createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
            configurations.store("second", roots.root("a"), VFS);
            configurations.store("reader", roots.root("a"), Map.of("driver", "vfs", "access", "READ"));

            assertTrue(reader.one().exists(BOX));
            StorageException failure =
                    assertThrows(StorageException.class, () -> reader.one().remove(BOX));
            assertEquals(StorageException.Kind.CLOSED, failure.kind());
            assertFalse(second.isPresent());
            assertTrue(lastProblem("second").orElseThrow().contains("written to by process"));

            configurations.delete(first);
            assertTrue("it tries again by itself", second.one().exists(BOX));
        }
    }

    /** Without time to wait, the store goes and comes back with the bundle of its driver, and everything is as it was. */
    @Test
    public void aRestartOfTheDriverBringsTheStoreBack() throws Exception {
        Bundle vfs = bundle("storage.vfs");
        configurations.store("one", roots.root("a"), Map.of("driver", "vfs", "swapSeconds", 0));
        try (Watched<LayerStore> store = store("one");
                Watched<Condition> ready = ready("one")) {
            LayerStore before = store.one();
            before.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
            ready.one();

            vfs.stop();

            assertFalse("withdrawn when stop() returns", store.isPresent());
            assertFalse(ready.isPresent());
            StorageException failure = assertThrows(StorageException.class, () -> before.exists(BOX));
            assertEquals(StorageException.Kind.CLOSED, failure.kind());
            assertTrue(failure.getMessage(), failure.getMessage().contains("'vfs' was taken away"));
            assertTrue(lastProblem("one").isPresent());

            vfs.start();

            assertTrue("back when start() returns", store.isPresent());
            assertTrue(store.one().exists(BOX));
            ready.one();
            assertEquals(Optional.empty(), lastProblem("one"));
        } finally {
            vfs.start();
        }
    }

    @Test
    public void aRestartOfTheSelectorBringsTheStoreBack() throws Exception {
        Bundle bundle = bundle("storage.selector");
        configurations.store("one", roots.root("a"), VFS);
        try (Watched<LayerStore> store = store("one")) {
            store.one().createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);

            bundle.stop();
            assertFalse(store.isPresent());
            bundle.start();

            assertTrue(store.one().exists(BOX));
        } finally {
            bundle.start();
        }
    }

    @Test
    public void mountsStayUnlessUnmountOnStopIsSet() throws Exception {
        StoreRequest request = new StoreRequest(
                roots.root("a"), Optional.of("overlay2"), Map.of(), IdMaps.IDENTITY, Access.WRITE, false);
        Selection selection = selector.select(request);
        if (!Needs.met("overlay", selection.chosen().isPresent(), selection.reason())) {
            return;
        }
        Map<String, Object> overlay2 = Map.of("driver", "overlay2");
        org.osgi.service.cm.Configuration configuration = configurations.store("one", roots.root("a"), overlay2);
        LayerId base = new LayerId("below");
        Path path;
        try (Watched<LayerStore> store = store("one")) {
            store.one().createReadWrite(base, Optional.empty(), LayerOptions.NONE);
            store.one().createReadWrite(BOX, Optional.of(base), LayerOptions.NONE);
            path = store.one().get(BOX, "");
            Files.writeString(path.resolve("file"), "content");

            LayerStore first = store.one();
            configurations.delete(configuration);
            awaitClosed(first);
            assertEquals("content", Files.readString(path.resolve("file")));

            org.osgi.service.cm.Configuration second =
                    configurations.store("one", roots.root("a"), Map.of("driver", "overlay2", "unmountOnStop", true));
            assertEquals("adopted", path, store.one().get(BOX, ""));
            assertEquals(1, roots.mounts().size());
            LayerStore service = store.one();
            configurations.delete(second);
            awaitClosed(service);
        }
        assertEquals(List.of(), roots.mounts());
    }

    @Test
    public void consolesFindTheAttributes() {
        ObjectClassDefinition definition = metatypes
                .getMetaTypeInformation(bundle("storage.selector"))
                .getObjectClassDefinition(StorageConstants.STORE_PID, null);
        Set<String> names = new TreeSet<>();
        for (AttributeDefinition attribute : definition.getAttributeDefinitions(ObjectClassDefinition.ALL)) {
            names.add(attribute.getID());
        }
        assertEquals(
                Set.of(
                        "storage.name",
                        "root",
                        "driver",
                        "options",
                        "access",
                        "uidMap",
                        "gidMap",
                        "unmountOnStop",
                        "drainSeconds",
                        "swapSeconds",
                        "moveToBetter",
                        "lowSpacePercent"),
                names);
    }
}
