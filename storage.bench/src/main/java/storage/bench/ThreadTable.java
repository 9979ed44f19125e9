package storage.bench;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;

/** The same work by one, two and four threads at once, each on layers of its own: what is told is the time of a round. */
final class ThreadTable {
    private static final List<Integer> THREADS = List.of(1, 2, 4);
    private static final int FILES = 1000;

    private final AtomicInteger serial = new AtomicInteger();

    static void run(Bench bench) throws Exception {
        bench.everywhere("Threads, the others being one, ", (backend, ground) -> {
            try (var store = Stores.open(backend, ground.fresh("ours"))) {
                new ThreadTable().rows(bench, store);
            }
        });
    }

    private void rows(Bench bench, LayerStore store) throws Exception {
        var base = new LayerId("bottom");
        store.createReadWrite(base, Optional.empty(), LayerOptions.NONE);
        var archive = archive(store);
        for (var threads : THREADS) {
            bench.race(Row.of(
                            "create, get, put, remove by " + threads,
                            rounds -> all(threads, rounds, () -> {
                                var id = next();
                                store.createReadWrite(id, Optional.of(base), LayerOptions.NONE);
                                store.get(id, "");
                                store.put(id);
                                store.remove(id);
                            }))
                    .and(
                            "one",
                            rounds -> all(1, rounds, () -> {
                                var id = next();
                                store.createReadWrite(id, Optional.of(base), LayerOptions.NONE);
                                store.get(id, "");
                                store.put(id);
                                store.remove(id);
                            })));
            bench.race(Row.of(
                            "apply 1,000 files by " + threads,
                            rounds -> all(threads, rounds, () -> apply(store, archive)))
                    .and("one", rounds -> all(1, rounds, () -> apply(store, archive))));
        }
    }

    private LayerId next() {
        return new LayerId("new" + serial.incrementAndGet());
    }

    private void apply(LayerStore store, byte[] archive) throws IOException {
        var id = next();
        store.create(id, Optional.empty(), LayerOptions.NONE);
        store.applyDiff(id, new ByteArrayInputStream(archive));
        store.remove(id);
    }

    private static byte[] archive(LayerStore store) throws IOException {
        var id = new LayerId("filled");
        store.createReadWrite(id, Optional.empty(), LayerOptions.NONE);
        try (var mount = store.mount(id)) {
            Path root = mount.path();
            Files64.write(root, 0, FILES, 1);
        }
        var bytes = new ByteArrayOutputStream();
        store.diff(id, Optional.empty(), bytes);
        return bytes.toByteArray();
    }

    private interface Work {
        void run() throws IOException;
    }

    /** The rounds are shared by the threads. */
    private static long all(int threads, int rounds, Work work) throws Exception {
        var pool = Executors.newFixedThreadPool(threads);
        try {
            var left = new AtomicInteger(rounds);
            Callable<Void> each = () -> {
                while (left.getAndDecrement() > 0) {
                    work.run();
                }
                return null;
            };
            var running = new ArrayList<Future<Void>>();
            var start = System.nanoTime();
            for (var i = 0; i < threads; i++) {
                running.add(pool.submit(each));
            }
            for (var one : running) {
                one.get();
            }
            return System.nanoTime() - start;
        } finally {
            pool.shutdown();
        }
    }
}
