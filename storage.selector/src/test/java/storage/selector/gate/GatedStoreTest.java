package storage.selector.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import storage.api.LayerCheck;
import storage.api.LayerHolds;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.driver.DriverHome;
import storage.selector.fake.FakeDriver;
import storage.selector.fake.FakeStore;
import storage.selector.state.Holders;

/** The rules of holding. A new store over the same fake driver is a new process on the same machine. */
@Timeout(60)
class GatedStoreTest {
    private static final LayerId BOX = new LayerId("box");
    private static final LayerId NONE = new LayerId("none");
    private static final String SELF = "process " + ProcessHandle.current().pid();

    @TempDir
    Path root;

    private final FakeDriver machine = new FakeDriver("overlay2", "box", "other");
    private String boot = "boot-1";
    private GatedStore store;
    private int closed;

    @BeforeEach
    void start() throws IOException {
        store = open(DriverHome.at(root));
    }

    private GatedStore open(DriverHome home) throws IOException {
        return new GatedStore(inner(home), Duration.ofSeconds(50), () -> closed++);
    }

    private Inner inner(DriverHome home) throws IOException {
        var inner = (FakeStore) machine.open(home);
        var info = inner.info();
        java.nio.file.Files.createDirectories(info.state());
        return new Inner(
                inner,
                info.access() == storage.api.StoreInfo.Access.WRITE
                        ? Holders.forWriting(root, info.state(), boot)
                        : Holders.forReading(info.state(), boot));
    }

    private void nextProcess() throws IOException {
        store.close();
        store = open(DriverHome.at(root));
    }

    private void reboot() throws IOException {
        machine.mounted.clear();
        boot = "boot-2";
        nextProcess();
    }

    private boolean isMounted() {
        return machine.mounted.contains(BOX);
    }

    private static void refused(Kind kind, String text, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageContaining(text);
    }

    @Test
    void aNamedHoldKeepsTheMountAfterTheProcess() throws IOException {
        var path = store.hold(BOX, "cli", "");
        nextProcess();

        assertThat(path).isEqualTo(root.resolve("overlay2/box"));
        assertThat(isMounted()).isTrue();
        assertThat(store.holds()).containsExactly(new Hold(BOX, "cli", 1));

        store.release(BOX, "cli");
        assertThat(isMounted()).isFalse();
        assertThat(store.holds()).isEmpty();
        store.remove(BOX);
    }

    @Test
    void twoHoldersOneReleasedStillMounted() throws IOException {
        store.hold(BOX, "cli", "");
        nextProcess();
        store.hold(BOX, "backup", "");
        nextProcess();
        store.release(BOX, "cli");
        assertThat(isMounted()).isTrue();
        nextProcess();
        store.release(BOX, "backup");
        assertThat(isMounted()).isFalse();
    }

    @Test
    void theSameHolderCounts() throws IOException {
        store.hold(BOX, "cli", "");
        store.hold(BOX, "cli", "");
        assertThat(store.holds()).containsExactly(new Hold(BOX, "cli", 2));
        store.release(BOX, "cli");
        assertThat(isMounted()).isTrue();
        store.release(BOX, "cli");
        assertThat(isMounted()).isFalse();
    }

    @Test
    void holdsOfThisProcessKeepTheMountToo() throws IOException {
        store.hold(BOX, "cli", "");
        store.get(BOX, "");
        assertThat(store.holds()).containsExactly(new Hold(BOX, "cli", 1), new Hold(BOX, SELF, 1));
        store.release(BOX, "cli");
        assertThat(isMounted()).isTrue();
        store.put(BOX);
        assertThat(isMounted()).isFalse();
    }

    @Test
    void theLastPutOfAProcessLeavesWhatAnEarlierOneHolds() throws IOException {
        store.hold(BOX, "cli", "");
        nextProcess();
        try (var mount = store.mount(BOX)) {
            assertThat(mount.path()).isEqualTo(root.resolve("overlay2/box"));
        }
        assertThat(isMounted()).isTrue();
        store.put(BOX);
        assertThat(isMounted()).as("a put of what was never got").isTrue();
        store.release(BOX, "cli");
        assertThat(isMounted()).isFalse();
    }

    @Test
    void releasingANameWhileThisProcessHoldsAsWell() throws IOException {
        store.hold(BOX, "cli", "");
        nextProcess();
        store.get(BOX, "");
        store.release(BOX, "cli");
        assertThat(isMounted()).isTrue();
        store.put(BOX);
        assertThat(isMounted()).isFalse();
    }

    @Test
    void aMountThatNobodyHoldsIsUnmountedByAnyName() throws IOException {
        store.get(BOX, ""); // a process that is killed: no put, no close
        store = open(DriverHome.at(root));

        refused(Kind.IN_USE, "mounted", () -> store.remove(BOX));
        store.release(BOX, "cli");

        assertThat(isMounted()).isFalse();
        store.release(BOX, "cli"); // neither held nor mounted: nothing to do
        store.remove(BOX);
    }

    @Test
    void aNameThatDoesNotHoldIsToldWhoDoes() throws IOException {
        store.hold(BOX, "cli", "");
        store.hold(BOX, "cli", "");
        store.hold(BOX, "backup", "");
        store.get(BOX, "");

        refused(Kind.NOT_FOUND, "held by backup, cli (2 times), " + SELF, () -> store.release(BOX, "me"));
        refused(Kind.IN_USE, "held by backup, cli (2 times), " + SELF, () -> store.remove(BOX));
        refused(Kind.IN_USE, "held by backup", () -> store.applyDiff(BOX, InputStream.nullInputStream()));
    }

    /** On backends that mount nothing, the record alone tells that a layer is held. */
    @Test
    void aHeldLayerIsNotRemovedThoughNothingIsMounted() throws IOException {
        store.hold(BOX, "cli", "");
        machine.mounted.clear();
        nextProcess();

        refused(Kind.IN_USE, "held by cli", () -> store.remove(BOX));
        refused(Kind.IN_USE, "held by cli", () -> store.applyDiff(BOX, InputStream.nullInputStream()));
        store.release(BOX, "cli");
        assertThat(store.applyDiff(BOX, InputStream.nullInputStream())).isEqualTo(7);
        store.remove(BOX);
    }

    @Test
    void afterARebootNothingIsHeld() throws IOException {
        store.hold(BOX, "cli", "");
        store.hold(BOX, "backup", "");
        reboot();

        assertThat(store.holds()).isEmpty();
        store.remove(BOX);
    }

    @Test
    void holdsOfALayerThatSomebodyRemovedHoldNothing() throws IOException {
        store.hold(BOX, "cli", "");
        machine.layers.remove(BOX);
        machine.mounted.remove(BOX);
        nextProcess();

        store.release(BOX, "cli");
        assertThat(store.holds()).isEmpty();

        machine.layers.add(BOX);
        store.hold(BOX, "cli", "");
        machine.layers.remove(BOX);
        refused(Kind.NOT_FOUND, "box", () -> store.remove(BOX));
        assertThat(store.holds()).isEmpty();
    }

    @Test
    void aLayerThatIsNotThereCannotBeHeldOrReleased() throws IOException {
        refused(Kind.NOT_FOUND, "none", () -> store.hold(NONE, "cli", ""));
        refused(Kind.NOT_FOUND, "none", () -> store.release(NONE, "cli"));
        refused(Kind.NOT_FOUND, "none", () -> store.get(NONE, ""));
        refused(Kind.NOT_FOUND, "none", () -> store.put(NONE));
        assertThat(store.holds()).isEmpty();
    }

    @Test
    void aMountThatFailsHoldsNothing() throws IOException {
        machine.last().failure = StorageException.of(Kind.IO, "no mount");
        refused(Kind.IO, "no mount", () -> store.hold(BOX, "cli", ""));
        machine.last().failure = StorageException.of(Kind.IO, "no mount");
        refused(Kind.IO, "no mount", () -> store.get(BOX, ""));

        assertThat(store.holds()).isEmpty();
        nextProcess();
        assertThat(store.holds()).isEmpty();
    }

    /** As with put: the hold is given back, the mount can be tried again. */
    @Test
    void anUnmountThatFailsGivesTheHoldBack() throws IOException {
        store.hold(BOX, "cli", "");
        machine.last().failure = StorageException.of(Kind.IN_USE, "busy");
        refused(Kind.IN_USE, "busy", () -> store.release(BOX, "cli"));

        assertThat(store.holds()).isEmpty();
        assertThat(isMounted()).isTrue();
        store.release(BOX, "cli");
        assertThat(isMounted()).isFalse();
    }

    @Test
    void cleanupUnmountsWhoeverHolds() throws IOException {
        store.hold(BOX, "cli", "");
        store.get(BOX, "");
        store.cleanup();

        assertThat(isMounted()).isFalse();
        assertThat(store.holds()).isEmpty();
        store.put(BOX); // the consumer that did not know
        store.hold(BOX, "cli", "");
        assertThat(isMounted()).isTrue();
    }

    @Test
    void aCleanupThatFailsLeavesTheRecord() throws IOException {
        store.hold(BOX, "cli", "");
        store.get(BOX, "");
        machine.last().failure = StorageException.of(Kind.IN_USE, "busy");
        refused(Kind.IN_USE, "busy", () -> store.cleanup());

        assertThat(store.holds()).containsExactly(new Hold(BOX, "cli", 1));
        store.put(BOX);
        assertThat(isMounted()).as("cli still holds it").isTrue();
        store.release(BOX, "cli");
        assertThat(isMounted()).isFalse();
    }

    @Test
    void namesOfHoldersHaveAGrammar() {
        for (var name : List.of("", " ", "process 1", "-x", "a\nb", "x".repeat(129))) {
            refused(Kind.INVALID, "name for a holder", () -> store.hold(BOX, name, ""));
        }
    }

    @Test
    void aReaderSeesHoldersAndChangesNothing() throws IOException {
        store.hold(BOX, "cli", "");
        var reader = open(DriverHome.at(root).readOnly());

        assertThat(reader.holds()).containsExactly(new Hold(BOX, "cli", 1));
        refused(Kind.CLOSED, "for reading", () -> reader.hold(BOX, "me", ""));
        refused(Kind.CLOSED, "for reading", () -> reader.release(BOX, "cli"));
        refused(Kind.CLOSED, "for reading", reader::cleanup);
        reader.put(BOX);
        assertThat(isMounted()).isTrue();
        store.release(BOX, "cli");
        assertThat(reader.holds()).isEmpty();
    }

    @Test
    void manyThreadsHoldAndReleaseWithExactCounts() throws Exception {
        var threads = 16;
        var pool = Executors.newFixedThreadPool(threads);
        try {
            var start = new CountDownLatch(1);
            var work = new ArrayList<Future<?>>();
            for (var i = 0; i < threads; i++) {
                var name = "holder-" + i % 4;
                work.add(pool.submit(() -> {
                    start.await();
                    for (var round = 0; round < 20; round++) {
                        store.get(BOX, "");
                        store.hold(BOX, name, "");
                        assertThat(isMounted()).isTrue();
                        store.put(BOX);
                        assertThat(isMounted()).isTrue();
                        store.release(BOX, name);
                    }
                    return null;
                }));
            }
            start.countDown();
            for (var each : work) {
                each.get();
            }
        } finally {
            pool.shutdownNow();
            assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(store.holds()).isEmpty();
        assertThat(isMounted()).isFalse();
    }

    /** The backend goes and another comes, in the same process. */
    private void swap() throws IOException {
        var exchange = store.exchange();
        exchange.hold(Duration.ofSeconds(50), StorageException.of(Kind.TIMEOUT, "too long"));
        assertThat(exchange.letGo(Duration.ofSeconds(50), StorageException.of(Kind.TIMEOUT, "ended")))
                .isTrue();
        assertThat(machine.last().closed).isEqualTo(1);
        exchange.serve(inner(DriverHome.at(root)));
    }

    @Test
    void whatWasHeldBeforeCountsAfterAnExchange() throws IOException {
        store.get(BOX, "");
        var path = store.get(BOX, "");
        store.hold(BOX, "cli", "");
        swap();
        assertThat(store.holds()).containsExactly(new Hold(BOX, "cli", 1), new Hold(BOX, SELF, 2));
        assertThat(store.get(BOX, "")).isEqualTo(path);
        swap();
        for (var i = 0; i < 3; i++) {
            refused(Kind.IN_USE, "held by", () -> store.remove(BOX));
            store.put(BOX);
        }
        assertThat(isMounted()).as("cli still holds it").isTrue();
        swap();
        store.release(BOX, "cli");
        assertThat(isMounted()).isFalse();
        store.remove(BOX);
    }

    @Test
    void aMountTakenBeforeIsClosedAfter() throws IOException {
        try (var mount = store.mount(BOX)) {
            swap();
            assertThat(mount.path()).isEqualTo(root.resolve("overlay2/box"));
            assertThat(isMounted()).isTrue();
        }
        assertThat(isMounted()).isFalse();
        assertThat(store.holds()).isEmpty();
    }

    /** What cannot be mounted while it is taken over is mounted when it is asked for again; the hold counts all the time. */
    @Test
    void aMountThatCannotBeTakenOverIsStillHeld() throws IOException {
        store.get(BOX, "");
        var exchange = store.exchange();
        exchange.hold(Duration.ofSeconds(50), StorageException.of(Kind.TIMEOUT, "too long"));
        exchange.letGo(Duration.ZERO, StorageException.of(Kind.TIMEOUT, "ended"));
        var next = inner(DriverHome.at(root));
        ((FakeStore) next.store()).failure = StorageException.of(Kind.IO, "not now");
        exchange.serve(next);

        refused(Kind.IN_USE, "held by " + SELF, () -> store.remove(BOX));
        store.get(BOX, "");
        store.put(BOX);
        assertThat(isMounted()).isTrue();
        store.put(BOX);
        assertThat(isMounted()).isFalse();
    }

    @Test
    void holdsThatAnotherObjectOfThisProcessCountedAreTakenOver() throws IOException {
        store.get(BOX, "");
        store.get(BOX, "");
        var holds = store.exchange().holdsOfProcess();
        nextProcess();
        store.exchange().restore(holds);

        assertThat(store.holds()).containsExactly(new Hold(BOX, SELF, 2));
        store.put(BOX);
        assertThat(isMounted()).isTrue();
        store.put(BOX);
        assertThat(isMounted()).isFalse();
    }

    @Test
    void manyThreadsAndManyExchangesKeepExactCounts() throws Exception {
        var threads = 8;
        var pool = Executors.newFixedThreadPool(threads);
        var done = new java.util.concurrent.atomic.AtomicBoolean();
        var kept = new ArrayList<Future<Integer>>();
        try {
            for (var i = 0; i < threads; i++) {
                var name = "holder-" + i;
                kept.add(pool.submit(() -> {
                    var own = 0;
                    for (var round = 1; !done.get(); round++) {
                        store.get(BOX, "");
                        store.hold(BOX, name, "");
                        assertThat(isMounted()).isTrue();
                        store.release(BOX, name);
                        if (round % 7 == 0) {
                            own++;
                        } else {
                            store.put(BOX);
                        }
                    }
                    return own;
                }));
            }
            for (var i = 0; i < 200; i++) {
                swap();
            }
        } finally {
            done.set(true);
            pool.shutdown();
            assertThat(pool.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
        var expected = 0;
        for (var each : kept) {
            expected += each.get();
        }
        assertThat(store.holds()).isEqualTo(expected == 0 ? List.of() : List.of(new Hold(BOX, SELF, expected)));
        for (var i = 0; i < expected; i++) {
            assertThat(isMounted()).isTrue();
            store.put(BOX);
        }
        assertThat(isMounted()).isFalse();
    }

    @Test
    void closedOnceForEveryCallAndSaysWhy() throws IOException {
        var files = store.files(BOX);
        store.close(StorageException.of(Kind.CLOSED, "the driver went", "wait"));
        store.close();

        assertThat(machine.last().closed).isEqualTo(1);
        assertThat(closed).isEqualTo(1);
        assertThat(store.info().driver()).isEqualTo("overlay2");
        refused(Kind.CLOSED, "the driver went", () -> files.open("x"));
        files.close();
        refused(Kind.CLOSED, "the driver went", store::layers);
        refused(Kind.CLOSED, "the driver went", () -> store.get(BOX, ""));
        refused(Kind.CLOSED, "the driver went", () -> store.hold(BOX, "cli", ""));
        refused(Kind.CLOSED, "the driver went", store::cleanup);
    }

    @Test
    void aSharedStoreIsNotClosedByItsConsumers() throws IOException {
        store.share();
        store.close();

        assertThat(store.layers()).hasSize(2);
        store.close(StorageException.of(Kind.CLOSED, "its owner closed it"));
        refused(Kind.CLOSED, "its owner", store::layers);
    }

    @Test
    void aBackendIsClosedEvenIfTheWaitIsInterrupted() throws Exception {
        var inside = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var thread = new Thread(() -> {
            try {
                store.diff(BOX, java.util.Optional.empty(), new java.io.ByteArrayOutputStream());
                store.ability(Slow.class).orElseThrow().work(inside, go);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        store = new GatedStore(
                new Inner(new Abilities(machine.last()).store(), Holders.forReading(root, boot)),
                Duration.ofSeconds(50),
                () -> {});
        thread.start();
        inside.await();
        Thread.currentThread().interrupt();

        refused(Kind.INTERRUPTED, "interrupted", store::close);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(machine.last().closed).isEqualTo(1);
        go.countDown();
        thread.join();
    }

    @Test
    void abilitiesOfTheBackendAreBehindTheGate() throws Exception {
        var gated = new GatedStore(
                new Inner(new Abilities(machine.last()).store(), Holders.forReading(root, boot)),
                Duration.ZERO,
                () -> {});
        var check = gated.ability(LayerCheck.class).orElseThrow();

        assertThat(gated.ability(LayerHolds.class)).containsSame(gated);
        assertThat(gated.ability(LayerStore.class)).containsSame(gated);
        assertThat(gated.ability(Runnable.class)).isEmpty();
        assertThat(store.ability(LayerCheck.class)).isEmpty();
        assertThat(check.findings()).isEmpty();
        assertThat(Set.of(check)).contains(check);
        refused(Kind.DAMAGED, "broken", check::repair);
        gated.close();
        refused(Kind.CLOSED, "closed", check::findings);
    }

    /** An ability that blocks. */
    public interface Slow {
        void work(CountDownLatch inside, CountDownLatch go) throws IOException;
    }

    /** A store with abilities. */
    private record Abilities(LayerStore inner) {
        LayerStore store() {
            return (LayerStore) java.lang.reflect.Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {LayerStore.class, LayerCheck.class, Slow.class},
                    (proxy, method, arguments) -> switch (method.getName()) {
                        case "findings" -> List.of();
                        case "repair" -> throw StorageException.of(Kind.DAMAGED, "broken");
                        case "ability" -> {
                            var type = (Class<?>) arguments[0];
                            yield java.util.Optional.ofNullable(type.isInstance(proxy) ? proxy : null);
                        }
                        case "work" -> {
                            ((CountDownLatch) arguments[0]).countDown();
                            ((CountDownLatch) arguments[1]).await();
                            yield null;
                        }
                        default -> method.invoke(inner, arguments);
                    });
        }
    }
}
