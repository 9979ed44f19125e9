package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.devmapper.GuestStore.devices;
import static storage.devmapper.GuestStore.id;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.testkit.store.Settings;
import storage.testkit.tree.TarMaker;

/** Threads that work on the same layers: none waits for ever, and the counts are exact. Run by {@link DevmapperCrashTest}. */
class ConcurrencyInGuest {
    private static final int THREADS = 8;

    /** Of each thread; fewer where not everything is asked for. */
    private static final int STEPS = "full".equals(System.getProperty(Settings.MATRIX)) ? 200 : 20;

    private static final int NAMES = 12;

    /** What others may have done to a layer meanwhile. */
    private static final Set<Kind> EXPECTED = EnumSet.of(
            Kind.ALREADY_EXISTS, Kind.NOT_FOUND, Kind.IN_USE, Kind.HAS_CHILDREN, Kind.INVALID, Kind.INCOMPLETE);

    private final GuestStore test = new GuestStore();
    private final AtomicInteger layers = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();

    @BeforeAll
    static void onlyTheRulesThatMatter() throws Exception {
        GuestUdev.withoutOtherRules();
    }

    @AfterEach
    void clearAway() throws Exception {
        test.clear();
    }

    @Test
    void countsAreExactAfterManyThreads() throws Exception {
        test.with("dm.min_free_space", "0%");
        test.image("low", "", "a");
        layers.set(1);
        var store = test.store();
        var threads = Executors.newFixedThreadPool(THREADS);
        try {
            var work = new ArrayList<Callable<Void>>();
            for (var thread = 0; thread < THREADS; thread++) {
                var random = new Random(thread);
                work.add(() -> {
                    for (var step = 0; step < STEPS; step++) {
                        step(store, random);
                    }
                    return null;
                });
            }
            for (var each : threads.invokeAll(work, 60, TimeUnit.MINUTES)) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
        System.out.println("done: " + done + " of " + THREADS * STEPS + ", layers: " + layers);
        assertThat(done.get()).as("steps that nobody was in the way of").isGreaterThan(THREADS * STEPS / 4);
        assertThat(store.layers()).hasSize(layers.get());
        assertThat(devices())
                .as("nothing is mounted, so nothing but the pool is active")
                .hasSize(1);
        for (var layer : store.layers()) {
            assertThat(test.names(layer.id().value())).contains("a");
        }
        store.cleanup();
        test.close();
        test.assertNothingLeft();
        GuestStore.assertNumbersAgree();
        assertThat(test.store().layers()).hasSize(layers.get());
    }

    private void step(LayerStore store, Random random) throws IOException {
        var name = "layer-" + random.nextInt(NAMES);
        var parent = Optional.of(id(random.nextBoolean() ? "low" : "layer-" + random.nextInt(NAMES)));
        try {
            switch (random.nextInt(5)) {
                case 0 -> {
                    store.create(id(name), parent, LayerOptions.NONE);
                    layers.incrementAndGet();
                }
                case 1 -> {
                    store.createReadWrite(id(name), parent, LayerOptions.NONE);
                    layers.incrementAndGet();
                }
                case 2 -> {
                    store.get(id(name), "");
                    store.put(id(name));
                }
                case 3 -> {
                    store.remove(id(name));
                    layers.decrementAndGet();
                }
                default ->
                    store.applyDiff(
                            id(name),
                            new ByteArrayInputStream(
                                    new TarMaker().file("b", name).bytes()));
            }
            done.incrementAndGet();
        } catch (StorageException e) {
            if (!EXPECTED.contains(e.kind())) {
                throw e;
            }
        }
    }
}
