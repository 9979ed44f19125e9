package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.linux.MountTable;
import storage.linux.PathBytes;
import storage.testkit.Patience;
import storage.testkit.tree.TarMaker;

/** Many threads at once, each of which is told the truth. */
abstract class ConcurrencyRules extends StoreRules {
    private static final int THREADS = 8;
    /** Far beyond what anything here takes; a dead lock shall end the test, not the build. */
    private static final long LONG = Patience.seconds(120);

    /** What one of several threads does. */
    @FunctionalInterface
    private interface Part {
        void run(int thread) throws Exception;
    }

    /** Runs it in all threads at once, until the last is done. */
    private static void together(Part part) throws Exception {
        var barrier = new CyclicBarrier(THREADS);
        var pool = Executors.newFixedThreadPool(THREADS);
        try {
            var futures = new ArrayList<Future<Void>>();
            for (var i = 0; i < THREADS; i++) {
                var thread = i;
                futures.add(pool.submit(() -> {
                    barrier.await(LONG, TimeUnit.SECONDS);
                    part.run(thread);
                    return null;
                }));
            }
            for (var future : futures) {
                future.get(LONG, TimeUnit.SECONDS);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void holdsOfManyThreadsAreCountedExactly() throws Exception {
        bench().image("ground", "", new TarMaker().file("f", "x").bytes());
        bench().layer("box", "ground", tree -> {});
        var store = store();
        var seen = new AtomicInteger();
        together(thread -> {
            for (var i = 0; i < 50; i++) {
                try (var mount = store.mount(id("box"))) {
                    if (Files.exists(mount.path().resolve("f"))) {
                        seen.incrementAndGet();
                    }
                    if (i % 10 == 0) {
                        refused(Kind.IN_USE, () -> store.remove(id("box")));
                    }
                }
            }
        });
        assertThat(seen).hasValue(THREADS * 50);
        var path = store.get(id("box"), "");
        store.put(id("box"));
        if (bench().factory().mounts()) {
            assertThat(MountTable.read().isMounted(PathBytes.text(path))).isFalse();
        }
        store.remove(id("box"));
    }

    @Test
    void differentLayersComeAndGoAtOnce() throws Exception {
        bench().image("ground", "", new TarMaker().file("f", "x").bytes());
        var store = store();
        together(thread -> {
            for (var i = 0; i < 10; i++) {
                var image = id("image-" + thread + "-" + i);
                store.create(image, on(id("ground")), NONE);
                store.applyDiff(image, new TarMaker().file("own", image.value()).stream());
                store.createReadWrite(id("box-" + thread), on(image), NONE);
                try (var mount = store.mount(id("box-" + thread))) {
                    assertThat(mount.path().resolve("own")).hasContent(image.value());
                    Files.writeString(mount.path().resolve("mine"), "m");
                }
                assertThat(store.changes(id("box-" + thread), on(image))).hasSize(1);
                store.remove(id("box-" + thread));
                if (i % 2 == 0) {
                    store.remove(image);
                }
            }
        });
        assertThat(store.layers()).hasSize(1 + THREADS * 5);
        assertThat(bench().reopen().layers()).hasSize(1 + THREADS * 5);
    }

    @Test
    void oneOfManyMakesTheLayer() throws Exception {
        var store = store();
        for (var round = 0; round < 20; round++) {
            var layer = id("same-" + round);
            var made = new AtomicInteger();
            together(thread -> {
                try {
                    store.createReadWrite(layer, NOTHING, NONE);
                    made.incrementAndGet();
                } catch (StorageException e) {
                    assertThat(e.kind()).as(e.toString()).isEqualTo(Kind.ALREADY_EXISTS);
                }
            });
            assertThat(made).hasValue(1);
            assertThat(bench().show(layer)).containsOnlyKeys("/");
        }
    }

    @Test
    void oneOfManyRemovesTheLayer() throws Exception {
        var store = store();
        for (var round = 0; round < 20; round++) {
            store.createReadWrite(id("gone"), NOTHING, NONE);
            var removed = new AtomicInteger();
            together(thread -> {
                try {
                    store.remove(id("gone"));
                    removed.incrementAndGet();
                } catch (StorageException e) {
                    assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND);
                }
            });
            assertThat(removed).hasValue(1);
            assertThat(store.exists(id("gone"))).isFalse();
        }
    }

    @Test
    void parentDoesNotVanishBelowAChildInTheMaking() throws Exception {
        var store = store();
        for (var round = 0; round < 25; round++) {
            var parent = id("parent-" + round);
            bench().image(parent.value(), "", new TarMaker().file("f", "x").bytes());
            together(thread -> {
                try {
                    if (thread % 2 == 0) {
                        store.createReadWrite(id(parent + "-child-" + thread), on(parent), NONE);
                    } else {
                        store.remove(parent);
                    }
                } catch (StorageException e) {
                    assertThat(e.kind()).isIn(Kind.NOT_FOUND, Kind.HAS_CHILDREN);
                }
            });
            var children = store.layers().stream()
                    .filter(layer -> layer.parent().equals(on(parent)))
                    .toList();
            assertThat(store.exists(parent)).isEqualTo(!children.isEmpty());
            for (var child : children) {
                assertThat(bench().show(child.id())).containsKey("/f");
            }
        }
    }

    /** An archive that stops in the middle until it is told to go on. */
    private static final class SlowArchive implements AutoCloseable {
        private final byte[] bytes =
                new TarMaker().file("f", "x".repeat(100_000)).bytes();
        private final PipedInputStream in = new PipedInputStream(4096);
        private final PipedOutputStream out;

        SlowArchive() throws Exception {
            out = new PipedOutputStream(in);
        }

        InputStream stream() {
            return in;
        }

        /** Returns when the reader has taken the beginning: it is at work. */
        void begin() throws Exception {
            out.write(bytes, 0, 10_000);
            out.flush();
        }

        void end() throws Exception {
            out.write(bytes, 10_000, bytes.length - 10_000);
            out.close();
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    @Test
    void workOnOneLayerStopsNoOther() throws Exception {
        bench().image("ground", "", new TarMaker().file("f", "x").bytes());
        store().create(id("slow"), on(id("ground")), NONE);
        var store = store();
        var pool = Executors.newFixedThreadPool(2);
        try (var archive = new SlowArchive()) {
            var slow = pool.submit(() -> store.applyDiff(id("slow"), archive.stream()));
            archive.begin();

            assertThat(store.layer(id("slow")).orElseThrow().state()).isEqualTo(Layer.State.INCOMPLETE);
            assertThat(store.layers()).hasSize(2);
            store.createReadWrite(id("box"), on(id("ground")), NONE);
            bench().edit(id("box"), tree -> tree.file("g", "y"));
            assertThat(store.changes(id("box"), on(id("ground")))).hasSize(1);
            bench().image("other", "ground", new TarMaker().file("h", "z").bytes());
            store.remove(id("other"));
            refused(Kind.HAS_CHILDREN, () -> store.remove(id("ground")));

            // what is in the making is neither damage nor to be cleared away
            var check = store.ability(LayerCheck.class).orElseThrow();
            assertThat(check.findings()).isEmpty();
            assertThat(check.repair()).isEmpty();
            try (var reading = bench().openReading()) {
                assertThat(reading.ability(LayerCheck.class).orElseThrow().findings())
                        .isEmpty();
            }

            // a thread that waits for the layer can be called away
            var waiting = new ArrayList<Thread>();
            Callable<StorageException> wait = () -> {
                synchronized (waiting) {
                    waiting.add(Thread.currentThread());
                    waiting.notifyAll();
                }
                var refusal = refused(Kind.INTERRUPTED, () -> store.get(id("slow"), ""));
                assertThat(Thread.interrupted()).isTrue();
                return refusal;
            };
            var waiter = pool.submit(wait);
            synchronized (waiting) {
                while (waiting.isEmpty()) {
                    waiting.wait(LONG * 1000);
                }
            }
            waiting.get(0).interrupt();
            assertThat(waiter.get(LONG, TimeUnit.SECONDS).layer()).contains(id("slow"));

            archive.end();
            assertThat(slow.get(LONG, TimeUnit.SECONDS)).isEqualTo(100_000);
        } finally {
            pool.shutdownNow();
        }
        assertThat(bench().show(id("slow"))).containsKey("/f");
        assertThat(store.layer(id("slow")).orElseThrow().state()).isEqualTo(Layer.State.COMPLETE);
    }

    @Test
    void closingWaitsForTheWorkInside() throws Exception {
        store().create(id("slow"), NOTHING, NONE);
        var store = store();
        var pool = Executors.newFixedThreadPool(2);
        try (var archive = new SlowArchive()) {
            var slow = pool.submit(() -> store.applyDiff(id("slow"), archive.stream()));
            archive.begin();
            var closing = pool.submit(() -> {
                store.close();
                return null;
            });
            while (isOpen(store)) {
                Thread.onSpinWait();
            }
            // the lock is not given up while somebody writes
            refused(Kind.LOCKED, () -> bench().open());
            archive.end();
            assertThat(slow.get(LONG, TimeUnit.SECONDS)).isEqualTo(100_000);
            closing.get(LONG, TimeUnit.SECONDS);
        } finally {
            pool.shutdownNow();
        }
        bench().reopen();
        assertThat(bench().show(id("slow"))).containsKey("/f");
    }

    private static boolean isOpen(storage.api.LayerStore store) {
        try {
            return store.exists(id("slow"));
        } catch (StorageException e) {
            return e.kind() != Kind.CLOSED;
        }
    }

    @Test
    void interruptedThreadGivesBackWhatItHas() throws Exception {
        bench().image("ground", "", new TarMaker().file("f", "x").bytes());
        bench().layer("box", "ground", tree -> {});
        var mount = store().mount(id("box"));
        Thread.currentThread().interrupt();
        mount.close();
        assertThat(store().layers()).hasSize(2);
        assertThat(Thread.interrupted()).isTrue();
        store().remove(id("box"));
    }

    @Test
    void interruptedFillingLeavesTheLayerAsItWas() throws Exception {
        store().create(id("a"), NOTHING, NONE);
        Thread.currentThread().interrupt();
        try {
            store().applyDiff(id("a"), new TarMaker().file("f", "x").link("g", "nowhere").stream());
        } catch (StorageException e) {
            assertThat(e.kind()).isIn(Kind.BAD_ARCHIVE, Kind.INTERRUPTED);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(store().layer(id("a")).orElseThrow().state()).isEqualTo(Layer.State.COMPLETE);
        assertThat(bench().show(id("a"))).containsOnlyKeys("/");
    }

    @Test
    void storesOfOneProcessDoNotKnowOfEachOther() throws Exception {
        var other = bench().open(bench().linux(), bench().root("other"), storage.api.StoreInfo.Access.WRITE);
        bench().layer("same", "", tree -> tree.file("here", "h"));
        other.createReadWrite(id("same"), NOTHING, NONE);
        assertThat(bench().show(other, id("same"))).containsOnlyKeys("/");
        var held = other.get(id("same"), "");
        assertThat(List.of(held)).isNotEmpty();
        store().remove(id("same"));
        refused(Kind.IN_USE, () -> other.remove(id("same")));
        other.put(id("same"));
    }
}
