package storage.itest;

import static org.junit.Assert.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import storage.api.Layer;
import storage.api.LayerHolds;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;

/**
 * Threads that use a store in every way at once, and know exactly what is in it: which layers, and who holds them how many
 * times. Whatever fails is kept.
 */
final class SwapLoad {
    /** Upper bounds of the classes of the histogram, in milliseconds. */
    private static final long[] BOUNDS = {1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000};

    private static final int HELD_AT_MOST = 3;

    private final LayerStore store;
    private final LayerId base;
    private final byte[] archive;
    private final List<Worker> workers = new ArrayList<>();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Set<LayerId> layers = ConcurrentHashMap.newKeySet();
    private final AtomicLongArray histogram = new AtomicLongArray(BOUNDS.length + 1);
    private final AtomicLong longest = new AtomicLong();
    private volatile boolean done;

    /** Over a store without layers. */
    static SwapLoad over(LayerStore store) throws Exception {
        LayerId base = new LayerId("ground");
        store.createReadWrite(base, Optional.empty(), LayerOptions.NONE);
        Files.writeString(store.get(base, "").resolve("below"), "base");
        store.put(base);
        return new SwapLoad(store, base);
    }

    /** @param base a read-write layer with something in it, which others are to stand on */
    private SwapLoad(LayerStore store, LayerId base) throws Exception {
        this.store = store;
        this.base = base;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        store.diff(base, Optional.empty(), out);
        this.archive = out.toByteArray();
        layers.add(base);
    }

    void start(int threads) {
        for (int i = 0; i < threads; i++) {
            Worker worker = new Worker(i);
            workers.add(worker);
            worker.start();
        }
    }

    /** Calls that have come back so far. */
    long calls() {
        long sum = 0;
        for (int i = 0; i < histogram.length(); i++) {
            sum += histogram.get(i);
        }
        return sum;
    }

    /** Lets every thread end its round. */
    void stop() throws InterruptedException {
        done = true;
        for (Worker worker : workers) {
            worker.join(TimeUnit.MINUTES.toMillis(2));
            if (worker.isAlive()) {
                AssertionError stuck = new AssertionError("A thread is stuck");
                stuck.setStackTrace(worker.getStackTrace());
                failures.add(stuck);
            }
        }
    }

    boolean isHarmed() {
        return !failures.isEmpty();
    }

    /** No thread has seen anything that should not be. */
    void assertUnharmed() {
        if (!failures.isEmpty()) {
            AssertionError all = new AssertionError(failures.size() + " threads failed: " + failures);
            failures.forEach(all::addSuppressed);
            throw all;
        }
    }

    /** The layers that were made, whole, and the holds that were taken: these and no others. */
    void assertAllThere() throws Exception {
        Set<LayerId> found = new TreeSet<>();
        for (Layer layer : store.layers()) {
            assertEquals(layer.toString(), Layer.State.COMPLETE, layer.state());
            found.add(layer.id());
        }
        assertEquals(new TreeSet<>(layers), found);
        LayerHolds holds = store.ability(LayerHolds.class).orElseThrow();
        assertEquals(holds(), new HashSet<>(holds.holds()));
    }

    private Set<Hold> holds() {
        Map<LayerId, Integer> own = new TreeMap<>(java.util.Comparator.comparing(LayerId::value));
        Set<Hold> holds = ConcurrentHashMap.newKeySet();
        for (Worker worker : workers) {
            worker.own.forEach((id, count) -> own.merge(id, count, Integer::sum));
            if (worker.named.get() > 0) {
                holds.add(new Hold(base, worker.holder, worker.named.get()));
            }
        }
        own.forEach((id, count) ->
                holds.add(new Hold(id, "process " + ProcessHandle.current().pid(), count)));
        return holds;
    }

    /** Gives every hold back. */
    void release() throws Exception {
        LayerHolds named = store.ability(LayerHolds.class).orElseThrow();
        for (Worker worker : workers) {
            for (Map.Entry<LayerId, Integer> each : worker.own.entrySet()) {
                for (int i = 0; i < each.getValue(); i++) {
                    store.put(each.getKey());
                }
            }
            while (worker.named.get() > 0) {
                named.release(base, worker.holder);
                worker.named.decrementAndGet();
            }
        }
    }

    /** Every layer, after every hold. */
    void removeAll() throws Exception {
        assertEquals(List.of(), store.ability(LayerHolds.class).orElseThrow().holds());
        for (LayerId id : layers) {
            if (!id.equals(base)) {
                store.remove(id);
            }
        }
        store.remove(base);
        assertEquals(List.of(), store.layers());
    }

    /** One line: how many calls took how long. */
    String report() {
        StringBuilder text = new StringBuilder(calls() + " calls, longest " + longest.get() / 1_000_000 + " ms;");
        for (int i = 0; i < histogram.length(); i++) {
            text.append(i < BOUNDS.length ? " <=" + BOUNDS[i] : " more")
                    .append(" ms: ")
                    .append(histogram.get(i));
        }
        return text.toString();
    }

    @FunctionalInterface
    private interface Call<T> {
        T run() throws Exception;
    }

    private <T> T timed(Call<T> call) throws Exception {
        long start = System.nanoTime();
        try {
            return call.run();
        } finally {
            long took = System.nanoTime() - start;
            longest.accumulateAndGet(took, Math::max);
            int place = 0;
            while (place < BOUNDS.length && took > BOUNDS[place] * 1_000_000) {
                place++;
            }
            histogram.incrementAndGet(place);
        }
    }

    private final class Worker extends Thread {
        private final String holder;
        private final LayerId kept;
        /** Of this thread, in the end of all. */
        private final Map<LayerId, Integer> own = new ConcurrentHashMap<>();

        private final AtomicInteger named = new AtomicInteger();

        Worker(int number) {
            super("load-" + number);
            holder = "holder-" + number;
            kept = new LayerId("kept-" + number);
        }

        @Override
        public void run() {
            try {
                timed(() -> {
                    store.createReadWrite(kept, Optional.of(base), LayerOptions.NONE);
                    return null;
                });
                layers.add(kept);
                Path path = get(kept);
                // held open all the time: the mount must never go away under it
                try (RandomAccessFile file =
                        new RandomAccessFile(path.resolve("counter").toFile(), "rw")) {
                    for (int round = 0; !done; round++) {
                        file.seek(0);
                        file.writeLong(round);
                        round(round, path);
                        file.seek(0);
                        expect(file.readLong() == round, "the file reads as it was written");
                    }
                }
            } catch (Throwable e) {
                failures.add(e);
            }
        }

        private void round(int round, Path keptPath) throws Exception {
            readAndWrite(keptPath, round);
            box(round);
            holds(round, keptPath);
            if (round % 4 == 0) {
                image(round);
            }
        }

        private void readAndWrite(Path path, int round) throws Exception {
            Path file = path.resolve("file");
            Files.writeString(file, "round " + round);
            expect(Files.readString(file).equals("round " + round), "written through the mount");
            expect(Files.readString(path.resolve("below")).equals("base"), "the parent shows through");
        }

        private void box(int round) throws Exception {
            LayerId id = new LayerId(kept + "-box-" + round);
            timed(() -> {
                store.createReadWrite(id, Optional.of(base), LayerOptions.NONE);
                return null;
            });
            layers.add(id);
            Path path = get(id);
            readAndWrite(path, round);
            put(id);
            expect(timed(() -> store.exists(id)), "it exists");
            expect(timed(() -> store.changes(id, Optional.of(base))).size() == 1, "one file was added");
            if (round % 8 != 0) {
                timed(() -> {
                    store.remove(id);
                    return null;
                });
                layers.remove(id);
                expect(!timed(() -> store.exists(id)), "it is gone");
            }
        }

        /** Up to a few holds more on what is held already, and back again: the count is never the same for long. */
        private void holds(int round, Path keptPath) throws Exception {
            if (round % (2 * HELD_AT_MOST) < HELD_AT_MOST) {
                expect(get(kept).equals(keptPath), "the same path for every hold");
                LayerHolds holds = store.ability(LayerHolds.class).orElseThrow();
                timed(() -> holds.hold(base, holder, ""));
                named.incrementAndGet();
            } else {
                put(kept);
                LayerHolds holds = store.ability(LayerHolds.class).orElseThrow();
                timed(() -> {
                    holds.release(base, holder);
                    return null;
                });
                named.decrementAndGet();
            }
        }

        private void image(int round) throws Exception {
            LayerId id = new LayerId(kept + "-image-" + round);
            timed(() -> {
                store.create(id, Optional.empty(), LayerOptions.NONE);
                return null;
            });
            layers.add(id);
            timed(() -> store.applyDiff(id, new ByteArrayInputStream(archive)));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            timed(() -> {
                store.diff(id, Optional.empty(), out);
                return null;
            });
            expect(out.size() == archive.length, "the archive comes back");
            timed(() -> {
                store.remove(id);
                return null;
            });
            layers.remove(id);
        }

        private Path get(LayerId id) throws Exception {
            Path path = timed(() -> store.get(id, ""));
            own.merge(id, 1, Integer::sum);
            return path;
        }

        private void put(LayerId id) throws Exception {
            timed(() -> {
                store.put(id);
                return null;
            });
            own.computeIfPresent(id, (key, count) -> count == 1 ? null : count - 1);
        }
    }

    private static void expect(boolean is, String what) {
        if (!is) {
            throw new AssertionError(what);
        }
    }
}
