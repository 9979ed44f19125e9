package storage.itest.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.linux.Errno;
import storage.linux.MountCalls;
import storage.linux.MountTable;
import storage.linux.PathBytes;
import storage.selector.Migrations.Progress;
import storage.selector.Migrations.Request;
import storage.selector.migrate.Steps;
import storage.selector.state.ActiveDriver;
import storage.selector.state.KeptHomes;
import storage.testkit.NothingLeft;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.store.Settings;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;

/** Stores move from backend to backend, and lose nothing. */
class MigrationTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    @RegisterExtension
    static final TestFilesystem BTRFS = TestFilesystem.image("btrfs");

    private MigratedRoot root;

    @BeforeEach
    void makeRoot() throws IOException {
        Require.root();
        root = new MigratedRoot(Files.createDirectory(FILES.path().resolve("root")));
    }

    @AfterEach
    void removeRoot() throws IOException {
        MigratedRoot.LINUX.umount2(PathBytes.of(root.root.resolve("btrfs")), 0);
        assertThat(NothingLeft.mountsBelow(root.root)).isEmpty();
        new TreeMaker(MigratedRoot.LINUX, root.root.getParent()).remove("root");
    }

    /** A filesystem that its owner has mounted as the driver's home: empty, it is no store, and it is never unmounted. */
    private void mountBtrfs() throws IOException {
        var home = Files.createDirectory(root.root.resolve("btrfs"));
        Errno.check(
                MigratedRoot.LINUX.mount(
                        PathBytes.of(BTRFS.path()), PathBytes.of(home), new byte[0], MountCalls.MS_BIND, new byte[0]),
                "mount",
                home.toString());
    }

    private static Request discarding(Path root, String to) {
        return new Request(root, to, Map.of(), Map.of(), Duration.ZERO, false, true);
    }

    @Test
    void everythingIsTheSameAfterAJourneyThroughAllBackends() throws IOException {
        mountBtrfs();
        root.fill("vfs");
        var before = root.everything("vfs");
        assertThat(before).hasSize(8);
        for (var to : List.of("overlay2", "btrfs", "loopback", "overlay", "vfs")) {
            var from = root.active();
            var result = root.migration(Steps.NONE).migrate(discarding(root.root, to), Progress.NONE);
            assertThat(result.copied()).as(to).isEqualTo(8);
            assertThat(result.reused()).as(to).isZero();
            assertThat(root.active()).isEqualTo(to);
            assertThat(root.layers(root.root, from)).as("left on " + from).isZero();
            assertThat(root.everything(to)).as(to).isEqualTo(before);
            assertThat(root.root.resolve("image").resolve(to).resolve("layerdb/sha256/cache-id"))
                    .hasContent("top");
            assertThat(root.root.resolve("image").resolve(from)).doesNotExist();
        }
        assertThat(MountTable.read().isMounted(root.root.resolve("btrfs").toString()))
                .as("the home that is not ours to unmount")
                .isTrue();
        assertThat(NothingLeft.mountsBelow(root.root)).hasSize(1);
        assertThat(new ActiveDriver(root.root).read().orElseThrow().generation())
                .isEqualTo(6);
    }

    @Test
    void readWriteLayersAreStillSeparateFromWhatTheyStandOn() throws IOException {
        root.fill("vfs");
        for (var to : List.of("overlay2", "overlay", "loopback")) {
            root.migration(Steps.NONE).migrate(discarding(root.root, to), Progress.NONE);
            var before = root.everything(to);
            try (var store = root.open(to)) {
                root.edit(store, "box1", tree -> tree.patch("big", 0, to).file("after " + to, "x"));
            }
            var after = root.everything(to);
            assertThat(after.get("box1")).as(to).isNotEqualTo(before.get("box1"));
            after.remove("box1");
            before.remove("box1");
            assertThat(after).as(to).isEqualTo(before);
        }
    }

    @Test
    void theOldHomeStaysUntilItIsCleanedAndIsNoStoreMeanwhile() throws IOException {
        root.fill("overlay2");
        var before = root.everything("overlay2");
        assertThat(root.migrate("vfs").sourceKept()).isTrue();
        assertThat(KeptHomes.isKept(root.root, "overlay2")).isTrue();
        assertThat(root.layers(root.root, "overlay2")).isEqualTo(8);
        assertThatThrownBy(() -> root.migrate("overlay2")).hasMessageContaining("left behind");
        assertThat(root.migration(Steps.NONE).clean(Map.of())).containsExactly("overlay2");
        assertThat(root.root.resolve("overlay2")).doesNotExist();
        assertThat(root.root.resolve("storage/overlay2")).doesNotExist();
        assertThat(root.migration(Steps.NONE).clean(Map.of())).isEmpty();
        root.migrate("overlay2");
        assertThat(root.everything("overlay2")).isEqualTo(before);
    }

    @Test
    void layersInUseStopItAndAreListed() throws IOException {
        root.fill("overlay2");
        try (var store = root.open("overlay2")) {
            store.get(MigratedRoot.id("box1"), "");
        }
        assertThatThrownBy(() -> root.migrate("vfs"))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.IN_USE))
                .hasMessageContaining("box1");
        assertThat(root.root.resolve("vfs")).doesNotExist();
        assertThat(root.root.resolve("storage/migration")).doesNotExist();
        try (var store = root.open("overlay2")) {
            store.put(MigratedRoot.id("box1"));
        }
        root.migrate("vfs");
    }

    @Test
    void aHomeWithLayersOfItsOwnIsNotMixedIn() throws IOException {
        root.fill("vfs");
        try (var store = root.open("overlay2")) {
            store.createReadWrite(MigratedRoot.id("mine"), Optional.empty(), LayerOptions.NONE);
        }
        assertThatThrownBy(() -> root.migrate("overlay2")).hasMessageContaining("1 layer of its own");
        assertThat(root.active()).isEqualTo("vfs");
        assertThatThrownBy(() -> root.migrate("vfs")).hasMessageContaining("already");
    }

    @Test
    void storageOptionsThatTheNewDriverDoesNotTakeAreNotLostSilently() throws IOException {
        root.fill("loopback");
        try (var store = root.open("loopback")) {
            store.createReadWrite(
                    MigratedRoot.id("sized"),
                    Optional.of(MigratedRoot.id("top")),
                    LayerOptions.storage(Map.of("size", "20G")));
        }
        assertThatThrownBy(() -> root.migrate("overlay"))
                .hasMessageContaining("sized")
                .hasMessageContaining("size=20G");
        assertThat(root.active()).isEqualTo("loopback");
        var dropping = new Request(root.root, "overlay", Map.of(), Map.of(), Duration.ZERO, true, false);
        var result = root.migration(Steps.NONE).migrate(dropping, Progress.NONE);
        assertThat(result.copied() + result.reused()).isEqualTo(9);
        assertThat(root.active()).isEqualTo("overlay");
    }

    @Test
    void whatChangedAfterAnInterruptionIsCopiedAnew() throws Exception {
        root.fill("overlay2");
        // everything is copied when it ends
        var steps = stepsOf("migrate", "overlay2", "vfs");
        kill("migrate", "vfs", steps.indexOf("copied") + 1);
        assertThat(root.active()).isEqualTo("overlay2");
        try (var store = root.open("overlay2")) {
            root.edit(store, "box3", tree -> tree.overwrite("own", "changed"));
            store.remove(MigratedRoot.id("box1"));
            store.createReadWrite(MigratedRoot.id("late"), Optional.of(MigratedRoot.id("top")), LayerOptions.NONE);
        }
        var before = root.everything("overlay2");
        assertThatThrownBy(() -> root.migrate("overlay")).hasMessageContaining("was begun");
        var result = root.migrate("vfs");
        assertThat(result.reused()).isEqualTo(6);
        assertThat(result.copied()).isEqualTo(2);
        assertThat(root.everything("vfs")).isEqualTo(before);
    }

    /** The images are copied while the store is open; what is made and removed meanwhile counts. */
    @Test
    void aStoreInUseIsMoved() throws Exception {
        root.fill("overlay2");
        var said = java.util.Collections.synchronizedList(new java.util.ArrayList<String>());
        var fresh = new LayerId("fresh");
        var late = new LayerId("late");
        var again = new LayerId("empty");
        try (var move =
                root.migration(Steps.NONE).begin(Request.of(root.root, "vfs"), (step, bytes) -> said.add(step))) {
            try (var store = root.open("overlay2")) {
                store.create(late, Optional.of(new LayerId("other")), LayerOptions.NONE);
                move.ahead(store);
                assertThat(said).hasSize(6).allSatisfy(step -> assertThat(step).contains("copying"));
                root.edit(store, "box1", tree -> tree.file("late", "l"));
                store.applyDiff(late, new TarMaker().file("filled", "now").stream());
                store.create(fresh, Optional.of(new LayerId("middle")), LayerOptions.NONE);
                store.applyDiff(fresh, new TarMaker().file("fresh", "f").stream());
                store.remove(new LayerId("box3"));
                store.remove(again);
                store.create(again, Optional.of(new LayerId("other")), LayerOptions.NONE);
                store.applyDiff(again, new TarMaker().file("not", "empty now").stream());
            }
            said.clear();
            var before = root.everything("overlay2");
            var result = move.finish();

            assertThat(result.copied()).as("all, some of them ahead").isEqualTo(9);
            assertThat(said).filteredOn(step -> step.contains("keeping")).hasSize(4);
            assertThat(said).filteredOn(step -> step.contains("comparing")).hasSize(2);
            assertThat(said)
                    .filteredOn(step -> step.contains("copying"))
                    .extracting(step -> step.replaceFirst(".* ", ""))
                    .containsExactlyInAnyOrder("box1", "box2", "fresh", "empty", "late");
            assertThat(root.everything("vfs")).isEqualTo(before);
        }
        assertThat(root.active()).isEqualTo("vfs");
        assertThat(root.root.resolve("storage/migration")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"migrate", "migrate in use"})
    void theProcessMayEndAtEachStep(String work) throws Exception {
        root.fill("overlay2");
        var before = root.everything("overlay2");
        var steps = stepsOf(work, "overlay2", "vfs");
        assertThat(steps).hasSizeGreaterThan(20);
        var everyOne = System.getProperty(Settings.MATRIX, "").equals("full");
        for (var step = 1; step <= steps.size(); step++) {
            if (!everyOne && steps.indexOf(steps.get(step - 1)) < step - 1) {
                continue; // the same of another layer
            }
            var where = kill(work, "vfs", step);
            root.migration(Steps.NONE).settle();
            var record = root.root.resolve("storage/migration");
            assertThat(Files.exists(record) ? Files.readString(record) : "")
                    .as(where)
                    .doesNotContain("SWITCHING");
            var active = root.active();
            assertThat(root.everything(active)).as(where).isEqualTo(before);
            if (active.equals("overlay2")) {
                if (step % 2 == 0) {
                    root.migrate("vfs");
                } else {
                    assertThat(root.migration(Steps.NONE).abandon(Map.of()).isPresent())
                            .as(where)
                            .isEqualTo(step > 1);
                    assertThat(root.root.resolve("vfs")).as(where).doesNotExist();
                    root.migrate("vfs");
                }
            }
            assertThat(root.everything("vfs")).as(where).isEqualTo(before);
            assertThat(root.root.resolve("storage/migration")).as(where).doesNotExist();
            root.migration(Steps.NONE).clean(Map.of());
            root.migration(Steps.NONE).migrate(discarding(root.root, "overlay2"), Progress.NONE);
        }
    }

    /** Every step of a migration, there and back again. */
    private List<String> stepsOf(String work, String from, String to) throws IOException {
        var steps = java.util.Collections.synchronizedList(new java.util.ArrayList<String>());
        if (work.equals("migrate")) {
            root.migration(steps::add).migrate(Request.of(root.root, to), Progress.NONE);
        } else {
            root.migrateInUse(root.migration(steps::add), to);
        }
        root.migration(Steps.NONE).clean(Map.of());
        root.migration(Steps.NONE).migrate(discarding(root.root, from), Progress.NONE);
        return steps;
    }

    /** @return the step at which the process ended */
    private String kill(String work, String to, int step) throws Exception {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MigrationVictim.class.getName(),
                        root.root.toString(),
                        work,
                        to,
                        Integer.toString(step))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var output = process.inputReader()) {
            var where = output.readLine();
            assertThat(process.waitFor()).as(where).isEqualTo(MigrationVictim.KILLED);
            return step + ": " + where;
        }
    }
}
