package storage.aufs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static storage.aufs.EngineRoot.BASE;
import static storage.aufs.EngineRoot.BOX;
import static storage.aufs.EngineRoot.INIT;
import static storage.aufs.EngineRoot.MIDDLE;
import static storage.aufs.EngineRoot.TOP;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.Verdict.Outcome;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.linux.Fd;
import storage.linux.Linux;
import storage.linux.Syscalls;
import storage.testkit.NothingLeft;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TarText;
import storage.testkit.tree.TreeMaker;
import storage.testkit.tree.TreeText;

/** What an engine wrote with aufs, on a kernel that has none. */
class RescueTest {
    private static final Syscalls LINUX = Linux.syscalls();

    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    private final AufsDriver driver = new AufsDriver(LINUX, evidence -> false);
    private Path root;
    private DriverHome home;

    @BeforeEach
    void layOut() throws Exception {
        Require.root();
        root = EngineRoot.lay(FILES.path().resolve("root"));
        home = DriverHome.at(root);
    }

    @AfterEach
    void clearAway() throws Exception {
        NothingLeft.assertBelow(FILES.path());
        new TreeMaker(LINUX, FILES.path()).remove("root");
    }

    private LayerStore open() throws StorageException {
        return driver.open(home.readOnly());
    }

    private static List<String> changes(LayerStore store, LayerId id, Optional<LayerId> against) throws Exception {
        return store.changes(id, against).stream().map(Object::toString).toList();
    }

    private static byte[] diff(LayerStore store, LayerId id, Optional<LayerId> against) throws Exception {
        var out = new ByteArrayOutputStream();
        store.diff(id, against, out);
        return out.toByteArray();
    }

    @Test
    void verdictSaysWhatCanBeDone() throws Exception {
        var reading = driver.check(home.readOnly());
        assertThat(reading.isSupported()).isTrue();
        assertThat(reading.reason()).contains("no aufs").contains("not mounted");
        var writing = driver.check(home);
        assertThat(writing.outcome()).isEqualTo(Outcome.NOT_SUPPORTED);
        assertThat(writing.reason()).isEqualTo("This kernel has no aufs filesystem");
        assertThat(writing.advice()).isNotBlank();
        var empty = DriverHome.at(FILES.path().resolve("elsewhere")).readOnly();
        assertThat(driver.check(empty).outcome()).isEqualTo(Outcome.NOT_SUPPORTED);
        assertThatThrownBy(() -> driver.open(home))
                .isInstanceOfSatisfying(
                        StorageException.class,
                        e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.NOT_SUPPORTED));
    }

    @Test
    void layersAndParentsAreTold() throws Exception {
        assertThat(driver.layers(home)).containsExactlyInAnyOrder(BASE, MIDDLE, TOP, INIT, BOX);
        try (var store = open()) {
            assertThat(store.layers())
                    .containsExactly(
                            new Layer(BASE, Optional.empty(), Layer.Kind.IMAGE, Layer.State.COMPLETE),
                            new Layer(MIDDLE, Optional.of(BASE), Layer.Kind.IMAGE, Layer.State.COMPLETE),
                            new Layer(TOP, Optional.of(MIDDLE), Layer.Kind.IMAGE, Layer.State.COMPLETE),
                            new Layer(BOX, Optional.of(INIT), Layer.Kind.READ_WRITE, Layer.State.COMPLETE),
                            new Layer(INIT, Optional.of(TOP), Layer.Kind.READ_WRITE, Layer.State.COMPLETE));
            assertThat(store.status()).containsEntry("Aufs in Kernel", "false").containsEntry("Dirs", "5");
            assertThatThrownBy(() -> store.get(BOX, "")).isInstanceOf(StorageException.class);
        }
    }

    @Test
    void changesAreTold() throws Exception {
        try (var store = open()) {
            assertThat(changes(store, BOX, Optional.of(INIT))).containsExactly("C /etc", "D /etc/passwd", "A /newfile");
            assertThat(changes(store, MIDDLE, Optional.of(BASE)))
                    .containsExactly(
                            "C /etc",
                            "D /etc/deldir",
                            "D /etc/delme",
                            "C /etc/opq",
                            "A /etc/opq/new",
                            "D /etc/opq/old");
            assertThat(changes(store, TOP, Optional.of(MIDDLE)))
                    .containsExactly("C /srv", "D /srv/one", "A /srv/renamed");
            assertThat(changes(store, BOX, Optional.of(MIDDLE)))
                    .containsExactly(
                            "C /etc",
                            "A /etc/hosts",
                            "D /etc/passwd",
                            "A /newfile",
                            "C /srv",
                            "D /srv/one",
                            "A /srv/renamed");
            assertThat(changes(store, MIDDLE, Optional.of(BOX)))
                    .containsExactly(
                            "C /etc",
                            "D /etc/hosts",
                            "A /etc/passwd",
                            "D /newfile",
                            "C /srv",
                            "A /srv/one",
                            "D /srv/renamed");
            assertThat(changes(store, BOX, Optional.of(BOX))).isEmpty();
            assertThat(changes(store, TOP, Optional.empty()))
                    .containsExactly(
                            "A /etc",
                            "A /etc/opq",
                            "A /etc/opq/new",
                            "A /etc/passwd",
                            "A /srv",
                            "A /srv/renamed",
                            "A /srv/sym",
                            "A /srv/two");
            assertThat(store.diffSize(BOX, Optional.of(INIT))).isEqualTo(3);
        }
    }

    @Test
    void diffsLeaveOutWhatIsTheKernels() throws Exception {
        try (var store = open()) {
            assertThat(names(diff(store, BOX, Optional.of(INIT)))).containsExactly("etc/", "etc/.wh.passwd", "newfile");
            assertThat(names(diff(store, MIDDLE, Optional.of(BASE))))
                    .containsExactly(
                            "etc/",
                            "etc/.wh.deldir",
                            "etc/.wh.delme",
                            "etc/opq/",
                            "etc/opq/.wh..wh..opq",
                            "etc/opq/new");
            assertThat(diff(store, MIDDLE, Optional.of(BASE))).isEqualTo(diff(store, MIDDLE, Optional.of(BASE)));
        }
    }

    private static List<String> names(byte[] archive) throws Exception {
        return TarText.lines(archive).stream()
                .map(line -> line.substring(0, line.indexOf(' ')))
                .toList();
    }

    @Test
    void diffsAppliedParentFirstAreTheWholeTree() throws Exception {
        var before = TreeText.capture(LINUX, root);
        var flat = Files.createDirectory(root.resolve("flat"));
        var whole = Files.createDirectory(root.resolve("whole"));
        try (var store = open()) {
            apply(diff(store, BASE, Optional.empty()), flat);
            apply(diff(store, MIDDLE, Optional.of(BASE)), flat);
            apply(diff(store, TOP, Optional.of(MIDDLE)), flat);
            apply(diff(store, INIT, Optional.of(TOP)), flat);
            apply(diff(store, BOX, Optional.of(INIT)), flat);
            apply(diff(store, BOX, Optional.empty()), whole);
        }
        var tree = TreeText.capture(LINUX, flat);
        assertThat(tree)
                .containsOnlyKeys(
                        "/",
                        "/etc",
                        "/etc/hosts",
                        "/etc/opq",
                        "/etc/opq/new",
                        "/newfile",
                        "/srv",
                        "/srv/renamed",
                        "/srv/sym",
                        "/srv/two");
        var other = TreeText.capture(LINUX, whole);
        // of the root itself only what is not the time is told of a layer that did not change it
        tree.computeIfPresent("/", (path, line) -> line.replaceAll(" t=.*", ""));
        other.computeIfPresent("/", (path, line) -> line.replaceAll(" t=.*", ""));
        assertThat(other).isEqualTo(tree);
        new TreeMaker(LINUX, root).remove("flat").remove("whole");
        var after = TreeText.capture(LINUX, root);
        before.remove("/");
        after.remove("/");
        assertThat(after).as("reading changes nothing").isEqualTo(before);
    }

    private static void apply(byte[] archive, Path folder) throws Exception {
        try (var target = Fd.directory(LINUX, folder.toString())) {
            LayerUnpacker.unpack(
                    LINUX,
                    UnpackTarget.plain(target.number()),
                    new ByteArrayInputStream(archive),
                    UnpackOptions.DEFAULT);
        }
    }

    @Test
    void filesAreReadDirectly() throws Exception {
        try (var store = open();
                var files = store.files(TOP);
                var in = files.open("srv/renamed")) {
            assertThat(in).hasContent("linked");
        }
    }

    @Test
    void missingBranchIsNamed() throws Exception {
        new TreeMaker(LINUX, root.resolve("aufs/diff")).remove(MIDDLE.value());
        try (var store = open()) {
            assertThatThrownBy(() -> store.changes(BOX, Optional.of(INIT)))
                    .isInstanceOfSatisfying(StorageException.class, e -> {
                        assertThat(e.kind()).isEqualTo(StorageException.Kind.DAMAGED);
                        assertThat(e.getMessage()).contains(MIDDLE.value());
                    });
        }
    }
}
