package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import storage.api.Layer;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;

/** The data root: who may look into it, how it is opened, what its name may be. */
abstract class RootRules extends StoreRules {
    private String mode(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void foldersKeepOthersOut() throws Exception {
        var home = store().info().home();
        var state = store().info().state();
        assertThat(mode(home)).endsWith("---").startsWith("rwx");
        assertThat(mode(state)).isEqualTo("rwx------");
        assertThat(mode(state.getParent())).isEqualTo("rwx------");
        store().close();
        for (var folder : new Path[] {home, state, state.getParent()}) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        bench().reopen();
        assertThat(mode(home)).endsWith("---");
        assertThat(mode(state)).isEqualTo("rwx------");
        assertThat(mode(state.getParent())).isEqualTo("rwx------");
    }

    @Test
    void nothingOfOursLiesInTheHome() throws Exception {
        bench().layer("base-1", "", tree -> {});
        try (var names = Files.list(bench().root())) {
            assertThat(names.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "storage", store().info().home().getFileName().toString());
        }
    }

    @Test
    void readingOpensWhatIsNotThereAndMakesNothing() throws Exception {
        try (var reading = bench().openReading()) {
            assertThat(reading.layers()).isEmpty();
            assertThat(reading.exists(missing())).isFalse();
            refused(Kind.NOT_FOUND, () -> reading.changes(missing(), NOTHING));
            assertThat(reading.status()).isNotNull();
        }
        assertThat(bench().root()).doesNotExist();
    }

    @Test
    void readingChangesNothing() throws Exception {
        bench().image("image", "", new TarMaker().file("f", "x").file("g", "y").bytes());
        bench().layer("box", "image", tree -> tree.file("h", "z").remove("f"));
        // mounted, so that a comparison by trees finds them even where reading cannot mount
        store().get(id("image"), "");
        store().get(id("box"), "");
        var disk = bench().disk();
        try (var reading = bench().openReading()) {
            assertThat(reading.layers()).isEqualTo(store().layers());
            assertThat(reading.exists(id("box"))).isTrue();
            assertThat(reading.changes(id("box"), on(id("image"))))
                    .isEqualTo(store().changes(id("box"), on(id("image"))));
            assertThat(Workbench.diff(reading, id("box"), on(id("image"))))
                    .isEqualTo(bench().diff(id("box"), on(id("image"))));
            assertThat(reading.diffSize(id("box"), on(id("image")))).isEqualTo(1);
            assertThat(reading.metadata(id("box"))).isEqualTo(store().metadata(id("box")));
            try (var files = reading.files(id("image"));
                    var in = files.open("g")) {
                assertThat(in).hasContent("y");
            }
            refused(Kind.CLOSED, () -> reading.create(id("new"), NOTHING, NONE));
            refused(Kind.CLOSED, () -> reading.createReadWrite(id("new"), NOTHING, NONE));
            refused(Kind.CLOSED, () -> reading.remove(id("box")));
            refused(Kind.CLOSED, () -> reading.get(id("box"), ""));
            refused(Kind.CLOSED, () -> reading.put(id("box")));
            refused(Kind.CLOSED, () -> reading.applyDiff(id("image"), new TarMaker().stream()));
            refused(Kind.CLOSED, reading::cleanup);
        }
        assertThat(bench().disk()).isEqualTo(disk);
        store().put(id("box"));
        store().put(id("image"));
    }

    @Test
    void readingSeesWhatTheWriterDoes() throws Exception {
        store();
        try (var reading = bench().openReading()) {
            assertThat(reading.layers()).isEmpty();
            bench().layer("a", "", tree -> tree.file("f", "x"));
            assertThat(reading.exists(id("a"))).isTrue();
            assertThat(reading.layer(id("a")).map(Layer::state)).contains(Layer.State.COMPLETE);
            store().create(id("b"), on(id("a")), NONE);
            assertThat(reading.layers()).isEqualTo(store().layers());
            store().remove(id("b"));
            assertThat(reading.exists(id("b"))).isFalse();
        }
    }

    @Test
    void oddlyNamedRootWorks() throws Exception {
        var odd = bench().root("other " + Setting.ODD);
        if (!bench().factory().oddRoots()) {
            try {
                bench().open(bench().linux(), odd, StoreInfo.Access.WRITE).close();
            } catch (StorageException e) {
                assertThat(e.kind()).isIn(Kind.INVALID, Kind.NOT_SUPPORTED, Kind.INCOMPATIBLE_FILESYSTEM);
                assertThat(e.getMessage()).contains("a b:c,d");
                return;
            }
            throw new AssertionError("The root was taken");
        }
        try (var store = bench().open(bench().linux(), odd, StoreInfo.Access.WRITE)) {
            store.create(id("base-1"), NOTHING, NONE);
            store.applyDiff(id("base-1"), new TarMaker().file("f", "x").stream());
            store.create(id("middle"), on(id("base-1")), NONE);
            store.applyDiff(id("middle"), new TarMaker().file("g", "y").stream());
            store.createReadWrite(id("box"), on(id("middle")), NONE);
            try (var mount = store.mount(id("box"))) {
                var tree = new TreeMaker(bench().linux(), mount.path());
                assertThat(tree.read("f")).isEqualTo("x");
                tree.overwrite("f", "z").file("new", "n");
            }
            assertThat(store.changes(id("box"), on(id("middle")))).hasSize(2);
            store.get(id("box"), "");
        }
        try (var store = bench().open(bench().linux(), odd, StoreInfo.Access.WRITE)) {
            if (bench().factory().mounts()) {
                refused(Kind.IN_USE, () -> store.remove(id("box")));
            }
            store.put(id("box"));
            store.remove(id("box"));
        }
    }

    @Test
    void rootThatIsAFileIsRefused() throws Exception {
        assertThat(bench().root()).doesNotExist();
        Files.writeString(bench().root(), "a file");
        try {
            bench().open();
            throw new AssertionError("The root was taken");
        } catch (StorageException e) {
            assertThat(e.getMessage()).contains(bench().root().toString());
        } finally {
            Files.delete(bench().root());
        }
    }
}
