package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.JarOutputStream;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.condition.Condition;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventHandler;
import storage.api.LayerHolds;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.Mount;
import storage.api.StorageConstants;
import storage.api.StorageEvents;
import storage.api.StorageException;

/** What else can happen to the backend of a store that is in use. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class SwapCasesIT extends ConfiguredFramework {
    private static final LayerId BOX = new LayerId("box");
    private static final String SELF = "process " + ProcessHandle.current().pid();

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final ExecutorService pool = Executors.newCachedThreadPool();
    private Watched<LayerStore> watched;
    private ServiceRegistration<EventHandler> handler;

    @Before
    public void start() {
        watched = store("one");
        handler = context.registerService(
                EventHandler.class,
                events::add,
                FrameworkUtil.asDictionary(Map.of("event.topics", new String[] {StorageEvents.ALL})));
    }

    @After
    public void stop() throws Exception {
        pool.shutdownNow();
        handler.unregister();
        configurations.close();
        watched.none();
        watched.close();
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getSymbolicName().startsWith("storage.") && bundle.getState() == Bundle.RESOLVED) {
                bundle.start();
            }
        }
    }

    private LayerStore open(Object... more) throws Exception {
        configurations.store("one", roots.root("root"), properties(more));
        return watched.one();
    }

    private static Map<String, Object> properties(Object... more) {
        Map<String, Object> properties = new HashMap<>(Map.of("driver", "vfs"));
        for (int i = 0; i < more.length; i += 2) {
            properties.put((String) more[i], more[i + 1]);
        }
        return properties;
    }

    /** The next event of a topic about the store; others before it are passed over. */
    private Event await(String topic) throws InterruptedException {
        return await(topic, "one");
    }

    private Event await(String topic, String store) throws InterruptedException {
        while (true) {
            Event event = events.poll(60, TimeUnit.SECONDS);
            assertTrue("An event " + topic + " of the store " + store, event != null);
            if (event.getTopic().equals(topic) && store.equals(event.getProperty(StorageConstants.STORE_NAME))) {
                return event;
            }
        }
    }

    private static LayerHolds holds(LayerStore store) {
        return store.ability(LayerHolds.class).orElseThrow();
    }

    private Watched<Condition> condition(String id) {
        return Watched.of(context, Condition.class, "(&(osgi.condition.id=" + id + ")(storage.name=one))");
    }

    @Test
    public void theSelectorItselfIsUpdatedAndHoldsSurvive() throws Exception {
        LayerStore before = open();
        before.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        Path path = before.get(BOX, "");
        before.get(BOX, "");
        holds(before).hold(BOX, "cli", "");
        Files.writeString(path.resolve("file"), "content");
        Updates selector = Updates.of(context, "storage.selector");

        selector.update();
        selector.refresh();

        LayerStore after = watched.one();
        assertNotSame("consumers see another service", before, after);
        assertEquals(
                List.of(new Hold(BOX, "cli", 1), new Hold(BOX, SELF, 2)),
                holds(after).holds());
        assertEquals("content", Files.readString(path.resolve("file")));
        assertThrows(StorageException.class, () -> after.remove(BOX));
        after.put(BOX);
        after.put(BOX);
        holds(after).release(BOX, "cli");
        assertEquals(List.of(), holds(after).holds());
        after.remove(BOX);
    }

    @Test
    public void aDriverThatStaysAwayTakesTheServiceAlong() throws Exception {
        LayerStore store = open("swapSeconds", 1);
        store.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        Mount mount = store.mount(BOX);
        Mount given = store.mount(BOX);
        Bundle vfs = Updates.of(context, "storage.vfs").bundle();

        vfs.stop();
        StorageException waited = assertThrows(StorageException.class, () -> store.exists(BOX));
        assertTrue(waited.getMessage(), waited.getMessage().contains("'vfs'"));
        assertEquals(
                "1 s",
                await(StorageEvents.WITHDRAWN)
                        .getProperty(StorageEvents.MESSAGE)
                        .toString()
                        .replaceAll(".*after (\\d+ s):.*", "$1"));
        try (Watched<Condition> withdrawn = condition(StorageConstants.CONDITION_WITHDRAWN)) {
            watched.none();
            withdrawn.one();
            given.close();
            vfs.start();
            withdrawn.none();
        }

        LayerStore after = watched.one();
        assertEquals(List.of(new Hold(BOX, SELF, 1)), holds(after).holds());
        mount.close();
        after.remove(BOX);
    }

    @Test
    public void anotherVersionInstalledBesideTakesOver() throws Exception {
        LayerStore store = open();
        store.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        Updates vfs = Updates.of(context, "storage.vfs");
        Bundle beside = context.installBundle("beside", withVersion(vfs.jar(), "99.0.0"));
        try {
            beside.start();
            try (Mount mount = store.mount(BOX)) {
                vfs.bundle().stop();
                Event swapped = await(StorageEvents.SWAPPED);
                assertEquals("vfs", swapped.getProperty(StorageEvents.PREVIOUS_DRIVER));
                Files.writeString(mount.path().resolve("file"), "content");
                assertSame("the same service", store, watched.one());
                assertTrue(store.exists(BOX));
                vfs.bundle().start();
            }
            store.remove(BOX);
        } finally {
            beside.uninstall();
        }
        assertFalse("back on the first version", store.exists(BOX));
        assertSame(store, watched.one());
    }

    private static InputStream withVersion(InputStream jar, String version) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarInputStream in = new JarInputStream(jar)) {
            in.getManifest().getMainAttributes().put(new Attributes.Name("Bundle-Version"), version);
            try (JarOutputStream out = new JarOutputStream(bytes, in.getManifest())) {
                for (JarEntry entry = in.getNextJarEntry(); entry != null; entry = in.getNextJarEntry()) {
                    out.putNextEntry(new JarEntry(entry.getName()));
                    in.transferTo(out);
                }
            }
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }

    @Test
    public void configurationsTakeEffectUnderTheSameServiceOrAreRefused() throws Exception {
        org.osgi.service.cm.Configuration configuration = configurations.store("one", roots.root("root"), properties());
        LayerStore store = watched.one();
        store.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        try (Mount mount = store.mount(BOX)) {
            configurations.update(
                    configuration, "one", roots.root("root"), properties("options", new String[] {"archive.max_bytes=1g"
                    }));
            await(StorageEvents.SWAPPED);
            configurations.update(configuration, "one", roots.root("root"), properties("driver", "loopback"));
            Event refused = await(StorageEvents.REFUSED);
            assertTrue(
                    refused.getProperty(StorageEvents.MESSAGE).toString(),
                    refused.getProperty(StorageEvents.MESSAGE).toString().contains("vfs (1 layer)"));

            assertSame(store, watched.one());
            assertTrue(store.exists(BOX));
            assertTrue(Files.isDirectory(mount.path()));
        }
        store.remove(BOX);
    }

    /** The component runtime makes a new service of it: an exchange like any other. */
    @Test
    public void thePriorityOfADriverIsChangedByConfiguration() throws Exception {
        LayerStore store = open();
        store.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        org.osgi.service.cm.Configuration priority = admin.getConfiguration("storage.vfs.VfsDriver", "?");
        try (Mount mount = store.mount(BOX)) {
            priority.update(FrameworkUtil.asDictionary(Map.of(StorageConstants.PRIORITY, 950)));
            await(StorageEvents.SWAPPED);
            assertSame(store, watched.one());
            assertTrue(Files.isDirectory(mount.path()));
        } finally {
            priority.delete();
            await(StorageEvents.SWAPPED);
        }
        store.remove(BOX);
    }

    @Test
    public void aBetterDriverAppears() throws Exception {
        LayerStore store = open("driver", "", "swapSeconds", 1);
        String first = store.info().driver();
        StubDriver stub = new StubDriver("stub");
        ServiceRegistration<storage.api.driver.GraphDriver> registration = stub.register(context, 900);
        try {
            assertSame(store, watched.one());
            assertEquals("moved when register() returns", "stub", store.info().driver());
            assertEquals("stub", watched.reference().getProperty(StorageConstants.DRIVER_NAME));
            assertEquals(first, await(StorageEvents.SWAPPED).getProperty(StorageEvents.PREVIOUS_DRIVER));
        } finally {
            registration.unregister();
        }
        assertEquals("closed when it is gone", 1, stub.closed.get());
        await(StorageEvents.WITHDRAWN);
        watched.none();
    }

    @Test
    public void aBetterDriverForAStoreWithLayersIsToldOf() throws Exception {
        configurations.store("one", roots.root("root"), properties("driver", ""));
        LayerStore store = watched.one();
        String first = store.info().driver();
        store.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        ServiceRegistration<storage.api.driver.GraphDriver> stub = new StubDriver("stub").register(context, 900);
        try (Watched<Condition> better = condition(StorageConstants.CONDITION_BETTER)) {
            assertEquals("stub", await(StorageEvents.BETTER_AVAILABLE).getProperty(StorageEvents.BETTER_DRIVER));
            better.one();
            assertEquals(first, store.info().driver());
            stub.unregister();
            better.none();
        }
        store.remove(BOX);
    }

    /** Its own call is ended, and the update is done when it has left. */
    @Test
    public void anUpdateAskedForFromInsideACall() throws Exception {
        LayerStore store = open();
        store.create(BOX, Optional.empty(), LayerOptions.NONE);
        Updates vfs = Updates.of(context, "storage.vfs");

        StorageException ended = assertThrows(
                StorageException.class,
                () -> store.applyDiff(BOX, new InputStream() {
                    @Override
                    public int read() throws IOException {
                        return 0;
                    }

                    @Override
                    public int read(byte[] bytes, int offset, int length) throws IOException {
                        try {
                            vfs.update();
                        } catch (org.osgi.framework.BundleException e) {
                            throw new IOException(e);
                        }
                        return length;
                    }
                }));

        assertEquals(StorageException.Kind.TIMEOUT, ended.kind());
        await(StorageEvents.SWAPPED);
        store.applyDiff(BOX, new ByteArrayInputStream(new byte[1024]));
        store.remove(BOX);
    }

    @Test
    public void anArchiveThatNobodyEnds() throws Exception {
        LayerStore store = open("swapSeconds", 3, "drainSeconds", 0);
        store.create(BOX, Optional.empty(), LayerOptions.NONE);
        CountDownLatch reading = new CountDownLatch(1);
        try (PipedInputStream pipe = new PipedInputStream();
                PipedOutputStream never = new PipedOutputStream(pipe)) {
            Future<Long> filling = pool.submit(() -> store.applyDiff(BOX, new java.io.FilterInputStream(pipe) {
                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    reading.countDown();
                    return super.read(bytes, offset, length);
                }
            }));
            reading.await();
            Updates.of(context, "storage.vfs").update();

            ExecutionException failure = assertThrows(ExecutionException.class, filling::get);
            assertTrue(failure.toString(), failure.getCause().getMessage().contains("The stream was ended"));
            never.flush();
        }
        assertSame(store, watched.one());
        assertTrue(
                "rolled back, and open to be filled",
                store.changes(BOX, Optional.empty()).isEmpty());
        store.applyDiff(BOX, new ByteArrayInputStream(new byte[1024]));
        store.remove(BOX);
    }

    @Test
    public void storesOnOneDriverLetGoTogether() throws Exception {
        try (Watched<LayerStore> second = Watched.of(context, LayerStore.class, "(storage.name=two)")) {
            LayerStore one = open("swapSeconds", 120, "drainSeconds", 120);
            configurations.store("two", roots.root("other"), properties("swapSeconds", 120, "drainSeconds", 120));
            LayerStore two = second.one();
            CountDownLatch goOn = new CountDownLatch(1);
            Future<?> reading = readingUntil(goOn, one);
            Future<?> alsoReading = readingUntil(goOn, two);
            Bundle vfs = Updates.of(context, "storage.vfs").bundle();
            events.clear();

            Future<?> stopping = pool.submit(() -> {
                vfs.stop();
                return null;
            });
            // whichever comes first: its reader is inside until both have been told
            Set<Object> told = new HashSet<>();
            while (told.size() < 2) {
                Event event = events.poll(60, TimeUnit.SECONDS);
                assertTrue("An event of each store, after " + told, event != null);
                if (event.getTopic().equals(StorageEvents.SWAPPING)) {
                    told.add(event.getProperty(StorageConstants.STORE_NAME));
                }
            }
            assertFalse("both are read from", stopping.isDone());
            goOn.countDown();

            reading.get();
            alsoReading.get();
            stopping.get();
            vfs.start();
            assertTrue(one.exists(BOX));
            assertTrue(two.exists(BOX));
        }
    }

    /** A call that is inside a store until it may go on. */
    private Future<?> readingUntil(CountDownLatch goOn, LayerStore store) throws Exception {
        store.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        CountDownLatch inside = new CountDownLatch(1);
        Future<?> reading = pool.submit(() -> {
            store.diff(BOX, Optional.empty(), new ByteArrayOutputStream() {
                @Override
                public synchronized void write(byte[] bytes, int offset, int length) {
                    inside.countDown();
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    super.write(bytes, offset, length);
                }
            });
            return null;
        });
        inside.await();
        return reading;
    }
}
