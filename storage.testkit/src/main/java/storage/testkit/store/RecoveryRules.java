package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import storage.api.Layer;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.linux.Errno;
import storage.testkit.linux.FailingSyscalls;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;

/** Calls that fail, processes that die: nothing is lost, nothing half-made is shown, and the store goes on. */
abstract class RecoveryRules extends StoreRules {
    /** Far more calls than anything here makes: a loop that does not end is a failure. */
    private static final int MANY = 5000;

    private static final byte[] ARCHIVE = new TarMaker()
            .directory("d", 0755)
            .file("d/f", "x".repeat(3000))
            .symlink("d/l", "f")
            .link("d/h", "d/f")
            .whiteout("etc/motd")
            .bytes();

    /** A call on a store that changes layer {@code a}. */
    @FunctionalInterface
    private interface Work {
        void on(LayerStore store) throws IOException;
    }

    private void base() throws IOException {
        bench().image(
                        "base-1",
                        "",
                        new TarMaker()
                                .directory("etc", 0755)
                                .file("etc/motd", "hello")
                                .file("etc/conf", "c")
                                .symlink("link", "etc")
                                .bytes());
    }

    /** Lets each system call of the work fail once; insists that the store is as before each time, and works. */
    private void failEachCall(Work prepare, Work work, Work undo) throws IOException {
        base();
        store().close();
        var kernel = FailingSyscalls.around(bench().linux());
        var store = bench().open(kernel.syscalls(), bench().root(), StoreInfo.Access.WRITE);
        prepare.on(store);
        var before = everything(store);
        for (var n = 1; n <= MANY; n++) {
            kernel.reset().fail(n, Errno.EIO);
            try {
                work.on(store);
                var struck = kernel.struck();
                kernel.reset();
                undo.on(store);
                if (struck == 0) {
                    return;
                }
            } catch (StorageException e) {
                kernel.reset();
                assertThat(e.getMessage()).isNotBlank();
                assertThat(e.layer()).as(e.toString()).contains(id("a"));
            }
            assertThat(everything(store)).as("after failure " + n).isEqualTo(before);
        }
        throw new AssertionError("The work makes more than " + MANY + " calls");
    }

    /** Ends the process at each system call of the work; the next opening finds all or nothing. */
    private void dieAtEachCall(Work prepare, Work work, Work undo) throws IOException {
        base();
        store().close();
        for (var n = 1; n <= MANY; n++) {
            var kernel = FailingSyscalls.around(bench().linux());
            var store = bench().open(kernel.syscalls(), bench().root(), StoreInfo.Access.WRITE);
            prepare.on(store);
            kernel.reset().dieAt(n);
            var died = false;
            try {
                work.on(store);
            } catch (FailingSyscalls.Death e) {
                died = true;
            }
            died |= kernel.struck() > 0;
            kernel.reset();
            store.close();
            bench().closeDescriptors();

            try (var next = bench().open()) {
                assertThat(next.layers()).as("after death " + n).allMatch(l -> l.state() == Layer.State.COMPLETE);
                assertThat(bench().show(next, id("base-1"))).containsKeys("/etc/motd", "/etc/conf");
                next.cleanup();
                if (next.exists(id("a"))) {
                    undo.on(next);
                }
                assertThat(next.layers()).hasSize(1);
            }
            if (!died) {
                return;
            }
        }
        throw new AssertionError("The work makes more than " + MANY + " calls");
    }

    private static void create(LayerStore store) throws IOException {
        store.createReadWrite(id("a"), on(id("base-1")), NONE);
    }

    private static void createImage(LayerStore store) throws IOException {
        store.create(id("a"), on(id("base-1")), NONE);
    }

    private static void fill(LayerStore store) throws IOException {
        store.applyDiff(id("a"), new java.io.ByteArrayInputStream(ARCHIVE));
    }

    private static void remove(LayerStore store) throws IOException {
        store.remove(id("a"));
    }

    private static void nothing(LayerStore store) {
        // no preparation
    }

    @Test
    void creationThatFailsLeavesNothing() throws Exception {
        failEachCall(RecoveryRules::nothing, RecoveryRules::create, RecoveryRules::remove);
    }

    @Test
    void creationThatDiesLeavesNothing() throws Exception {
        dieAtEachCall(RecoveryRules::nothing, RecoveryRules::create, RecoveryRules::remove);
    }

    @Test
    void fillingThatFailsLeavesAnEmptyLayer() throws Exception {
        failEachCall(RecoveryRules::createImage, RecoveryRules::fill, store -> {
            assertThat(bench().show(store, id("a"))).containsKey("/d/h").doesNotContainKey("/etc/motd");
            remove(store);
            createImage(store);
        });
    }

    @Test
    void fillingThatDiesLeavesNoHalfLayer() throws Exception {
        dieAtEachCall(RecoveryRules::createImage, RecoveryRules::fill, store -> {
            // all of it, or, where the end came before the first byte, none
            var shown = bench().show(store, id("a"));
            assertThat(shown.containsKey("/d/h")).isEqualTo(!shown.containsKey("/etc/motd"));
            remove(store);
        });
    }

    @Test
    void removalThatFailsIsFinishedByTheNext() throws Exception {
        base();
        store().close();
        var kernel = FailingSyscalls.around(bench().linux());
        var store = bench().open(kernel.syscalls(), bench().root(), StoreInfo.Access.WRITE);
        var struck = 1;
        for (var n = 1; struck > 0; n++) {
            assertThat(n).isLessThan(MANY);
            createImage(store);
            fill(store);
            kernel.reset().fail(n, Errno.EIO);
            var failed = false;
            try {
                remove(store);
            } catch (StorageException e) {
                failed = true;
                assertThat(e.layer()).contains(id("a"));
            }
            struck = kernel.struck();
            kernel.reset();
            if (failed) {
                var layer = store.layer(id("a"));
                assertThat(layer).as("after failure " + n).isPresent();
                if (layer.get().state() == Layer.State.INCOMPLETE) {
                    refused(Kind.INCOMPLETE, id("a"), () -> store.get(id("a"), ""));
                    refused(Kind.INCOMPLETE, () -> store.create(id("c"), on(id("a")), NONE));
                    refused(Kind.ALREADY_EXISTS, () -> createImage(store));
                }
                remove(store);
            }
            assertThat(store.exists(id("a"))).isFalse();
            assertThat(store.layers()).hasSize(1);
        }
    }

    @Test
    void removalThatDiesIsFinishedByTheNextOpening() throws Exception {
        dieAtEachCall(
                store -> {
                    createImage(store);
                    fill(store);
                },
                RecoveryRules::remove,
                RecoveryRules::remove);
    }

    @Test
    void mountThatFailsHoldsNothing() throws Exception {
        base();
        bench().layer("a", "base-1", tree -> {});
        store().close();
        var kernel = FailingSyscalls.around(bench().linux());
        var store = bench().open(kernel.syscalls(), bench().root(), StoreInfo.Access.WRITE);
        var before = everything(store);
        var struck = 1;
        for (var n = 1; struck > 0; n++) {
            assertThat(n).isLessThan(MANY);
            kernel.reset().fail(n, Errno.EIO);
            var path = java.util.Optional.<java.nio.file.Path>empty();
            try {
                path = java.util.Optional.of(store.get(id("a"), ""));
            } catch (StorageException e) {
                assertThat(e.layer()).contains(id("a"));
            }
            struck = kernel.struck();
            kernel.reset();
            if (path.isPresent()) {
                assertThat(new TreeMaker(bench().linux(), path.get()).read("etc/motd"))
                        .isEqualTo("hello");
                store.put(id("a"));
            }
            assertThat(everything(store)).isEqualTo(before);
        }
        store.remove(id("a"));
    }

    @Test
    void fullDiskIsNamedAsSuch() throws Exception {
        base();
        store().close();
        var kernel = FailingSyscalls.around(bench().linux());
        var store = bench().open(kernel.syscalls(), bench().root(), StoreInfo.Access.WRITE);
        createImage(store);
        kernel.reset().fail("write", 1, Errno.ENOSPC).fail("pwrite", 1, Errno.ENOSPC);
        try {
            var failure = refused(Kind.NO_SPACE, () -> fill(store));
            assertThat(failure.advice()).isNotBlank();
            assertThat(failure.errno()).hasValue(Errno.ENOSPC);
        } finally {
            kernel.reset();
        }
        fill(store);
    }

    @Test
    void killedHolderLeavesItsMountToTheNext() throws Exception {
        bench().image("base-1", "", new TarMaker().file("f", "x").bytes());
        bench().layer("box", "base-1", tree -> {});
        store().close();
        String path;
        try (var victim = new VictimProcess(bench(), "hold", "box")) {
            path = victim.says();
            new TreeMaker(bench().linux(), java.nio.file.Path.of(path)).file("live", "l");
            victim.kill();
        }
        bench().reopen();
        var layer = id("box");
        if (bench().factory().mounts()) {
            refused(Kind.IN_USE, layer, () -> store().remove(layer));
        }
        assertThat(store().get(layer, "")).hasToString(path);
        assertThat(bench().show(layer)).containsKeys("/f", "/live");
        store().put(layer);
        store().remove(layer);
    }

    @Test
    void killedFillingLeavesNoHalfLayer() throws Exception {
        base();
        store().close();
        var archive = new TarMaker();
        for (var i = 0; i < 200; i++) {
            archive.file("f" + i, "x".repeat(1000));
        }
        var bytes = archive.bytes();
        try (var victim = new VictimProcess(bench(), "fill", "half")) {
            assertThat(victim.says()).isEqualTo("filling");
            // far more than pipes and buffers hold, so that it is in the middle of it
            victim.input().write(bytes, 0, bytes.length - 20_000);
            victim.input().flush();
            victim.kill();
        }
        try (var reading = bench().openReading()) {
            assertThat(reading.layer(id("half")).map(Layer::state)).contains(Layer.State.INCOMPLETE);
            refused(Kind.INCOMPLETE, () -> reading.changes(id("half"), NOTHING));
        }
        bench().reopen();
        assertThat(bench().names()).containsExactly("base-1");
        bench().image("half", "", bytes);
        assertThat(bench().show(id("half"))).containsKey("/f199");
    }

    @Test
    void secondWriterIsToldWhoHoldsTheStore() throws Exception {
        base();
        var refusal = refused(Kind.LOCKED, () -> bench().open());
        assertThat(refusal.getMessage())
                .contains(Long.toString(ProcessHandle.current().pid()));
        store().close();
        try (var victim = new VictimProcess(bench(), "open", "none")) {
            victim.says();
            refusal = refused(Kind.LOCKED, () -> bench().open());
            assertThat(refusal.getMessage()).contains(Long.toString(victim.pid()));
            assertThat(refusal.advice()).isNotBlank();
            // who only looks is let in
            try (var reading = bench().openReading()) {
                assertThat(reading.layers()).hasSize(1);
            }
            victim.kill();
        }
        bench().reopen();
        assertThat(bench().names()).containsExactly("base-1");
    }

    @Test
    void recordCutOffConcernsOnlyItsLayer() throws Exception {
        base();
        bench().layer("a", "base-1", tree -> {});
        bench().layer("b", "base-1", tree -> {});
        var record = store().info().state().resolve("layers/a.json");
        store().close();
        var text = Files.readString(record);
        Files.writeString(record, text.substring(0, text.length() / 2));
        bench().reopen();
        assertThat(bench().names()).containsExactly("a", "b", "base-1");
        assertThat(bench().show(id("b"))).containsKey("/etc/motd");
        var state = store().layer(id("a")).orElseThrow().state();
        assertThat(state)
                .isEqualTo(bench().factory().linksParents() ? Layer.State.COMPLETE : Layer.State.UNKNOWN_PARENT);
        assertThatThrownBy(() -> store().create(id("a"), NOTHING, NONE)).hasMessageContaining("a");
    }
}
