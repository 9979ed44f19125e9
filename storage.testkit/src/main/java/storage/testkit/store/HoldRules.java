package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.linux.Errno;
import storage.linux.MountTable;
import storage.linux.PathBytes;
import storage.testkit.Require;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;

/** Who holds a layer, and what that forbids. */
@SuppressWarnings("try") // closing twice is what is tested
abstract class HoldRules extends StoreRules {
    private void twoLayers() throws Exception {
        bench().image("ground", "", new TarMaker().file("f", "x").bytes());
        bench().layer("box", "ground", tree -> {});
    }

    private void assertShown(Path path, boolean shown) throws Exception {
        if (bench().factory().mounts()) {
            // the tree may be a folder in what is mounted
            var table = MountTable.read();
            assertThat(table.isMounted(PathBytes.text(path)) || table.isMounted(PathBytes.text(path.getParent())))
                    .as("mounted: " + path)
                    .isEqualTo(shown);
        }
        if (shown) {
            assertThat(path.resolve("f")).exists();
        }
    }

    @Test
    void heldLayerStaysUntilTheLastHolderLeaves() throws Exception {
        twoLayers();
        var one = store().get(id("box"), "");
        var two = store().get(id("box"), "");
        assertThat(two).isEqualTo(one);
        assertShown(one, true);
        store().put(id("box"));
        assertShown(one, true);
        refused(Kind.IN_USE, id("box"), () -> store().remove(id("box")));
        store().put(id("box"));
        assertShown(one, false);
        store().remove(id("box"));
    }

    @Test
    void putBeyondTheCountDoesNothing() throws Exception {
        twoLayers();
        store().put(id("box"));
        var path = store().get(id("box"), "");
        store().put(id("box"));
        store().put(id("box"));
        store().get(id("box"), "");
        assertShown(path, true);
        store().put(id("box"));
        assertShown(path, false);
    }

    @Test
    void mountIsClosedOnce() throws Exception {
        twoLayers();
        var other = store().mount(id("box"));
        try (var mount = store().mount(id("box"))) {
            mount.close();
            mount.close();
            assertShown(other.path(), true);
            assertThat(mount.layer()).isEqualTo(id("box"));
        }
        assertShown(other.path(), true);
        other.close();
        assertShown(other.path(), false);
    }

    @Test
    void parentIsNotRemovedBeforeItsChildren() throws Exception {
        twoLayers();
        refused(Kind.HAS_CHILDREN, id("ground"), () -> store().remove(id("ground")));
        assertThat(bench().show(id("box"))).containsKey("/f");
        bench().reopen();
        refused(Kind.HAS_CHILDREN, id("ground"), () -> store().remove(id("ground")));
        store().remove(id("box"));
        store().remove(id("ground"));
        assertThat(store().layers()).isEmpty();
    }

    @Test
    void parentMayBeHeldOnItsOwn() throws Exception {
        twoLayers();
        try (var base = store().mount(id("ground"));
                var box = store().mount(id("box"))) {
            assertThat(base.path()).isNotEqualTo(box.path());
            new TreeMaker(bench().linux(), box.path()).patch("f", 0, "y");
            assertThat(new TreeMaker(bench().linux(), base.path()).read("f")).isEqualTo("x");
        }
    }

    @Test
    void imageIsNotWrittenThroughItsMount() throws Exception {
        twoLayers();
        bench().image("image", "ground", new TarMaker().file("g", "x").bytes());
        try (var mount = store().mount(id("image"))) {
            if (!bench().factory().readOnlyImages()) {
                // shown as it lies: then it lies where nobody else comes
                assertThat(mount.path()).startsWith(store().info().home());
                assertThat(Files.getPosixFilePermissions(store().info().home()))
                        .noneMatch(permission -> permission.name().startsWith("OTHERS"));
                return;
            }
            var tree = new TreeMaker(bench().linux(), mount.path());
            assertThatThrownBy(() -> tree.patch("g", 0, "y")).hasMessageContaining(Errno.name(Errno.EROFS));
            assertThatThrownBy(() -> tree.file("new", "y")).hasMessageContaining(Errno.name(Errno.EROFS));
        }
    }

    @Test
    void closedStoreAnswersNothingAndIsClosedOnce() throws Exception {
        twoLayers();
        var closed = store();
        closed.close();
        closed.close();
        refused(Kind.CLOSED, closed::layers);
        refused(Kind.CLOSED, () -> closed.exists(id("box")));
        refused(Kind.CLOSED, () -> closed.get(id("box"), ""));
        refused(Kind.CLOSED, () -> closed.put(id("box")));
        refused(Kind.CLOSED, () -> closed.remove(id("box")));
        refused(Kind.CLOSED, () -> closed.create(id("new"), NOTHING, NONE));
        refused(Kind.CLOSED, () -> closed.applyDiff(id("box"), new TarMaker().stream()));
        refused(Kind.CLOSED, () -> Workbench.diff(closed, id("box"), NOTHING));
        refused(Kind.CLOSED, closed::status);
        refused(Kind.CLOSED, closed::cleanup);
        bench().reopen();
        assertThat(bench().names()).containsExactly("box", "ground");
    }

    @Test
    void closingIsNotUnmounting() throws Exception {
        twoLayers();
        var path = store().get(id("box"), "");
        new TreeMaker(bench().linux(), path).file("written", "w");
        bench().reopen();
        assertShown(path, true);
        if (bench().factory().mounts()) {
            refused(Kind.IN_USE, id("box"), () -> store().remove(id("box")));
        }
        // adopted: the same mount, and this hold is the only one
        assertThat(store().get(id("box"), "")).isEqualTo(path);
        assertThat(new TreeMaker(bench().linux(), path).read("written")).isEqualTo("w");
        store().put(id("box"));
        assertShown(path, false);
        store().remove(id("box"));
    }

    @Test
    void putUnmountsWhatAnEarlierOpeningLeft() throws Exception {
        twoLayers();
        var path = store().get(id("box"), "");
        bench().reopen();
        assertShown(path, true);
        store().put(id("box"));
        assertShown(path, false);
        store().remove(id("box"));
    }

    @Test
    void comparisonDoesNotUnmountWhatOthersHold() throws Exception {
        twoLayers();
        var path = store().get(id("box"), "");
        new TreeMaker(bench().linux(), path).file("g", "y");
        assertThat(store().changes(id("box"), on(id("ground")))).isNotEmpty();
        bench().diff(id("box"), NOTHING);
        assertShown(path, true);
        bench().reopen();
        store().diffSize(id("box"), on(id("ground")));
        assertShown(path, true);
        store().put(id("box"));
        assertShown(path, false);
        bench().diff(id("box"), NOTHING);
        assertShown(path, false);
    }

    @Test
    void cleanupUnmountsEverythingAndTheStoreGoesOn() throws Exception {
        twoLayers();
        var box = store().get(id("box"), "");
        store().get(id("box"), "");
        store().get(id("ground"), "");
        store().cleanup();
        assertShown(box, false);
        store().put(id("box"));
        assertThat(store().get(id("box"), "")).isEqualTo(box);
        assertShown(box, true);
        store().put(id("box"));
        store().remove(id("box"));
        store().remove(id("ground"));
        store().cleanup();
    }

    @Test
    void whatOthersMountInALayerIsNotTheirsToLose() throws Exception {
        Require.root();
        twoLayers();
        var path = store().get(id("box"), "");
        var inner = Files.createDirectory(path.resolve("inner"));
        mountTmpfs(inner);
        try {
            Files.writeString(inner.resolve("precious"), "data");
            refused(Kind.IN_USE, id("box"), () -> store().remove(id("box")));
            assertThat(inner.resolve("precious")).hasContent("data");
        } finally {
            unmount(inner);
        }
        store().put(id("box"));
        store().remove(id("box"));
    }

    @Test
    void layerWithAForeignMountInsideIsNotRemoved() throws Exception {
        Require.root();
        twoLayers();
        var path = store().get(id("box"), "");
        store().put(id("box"));
        if (!Files.exists(path.resolve("f"))) {
            // nothing of the layer is seen when it is not mounted, so nobody can mount anything in it
            return;
        }
        var inner = Files.createDirectory(path.resolve("inner"));
        mountTmpfs(inner);
        try {
            Files.writeString(inner.resolve("precious"), "data");
            refused(Kind.IN_USE, id("box"), () -> store().remove(id("box")));
            store().cleanup();
            assertThat(inner.resolve("precious")).hasContent("data");
            assertThat(path.resolve("f")).exists();
        } finally {
            unmount(inner);
        }
        store().remove(id("box"));
    }

    private void mountTmpfs(Path at) throws Exception {
        var type = "tmpfs".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        Errno.check(bench().linux().mount(type, PathBytes.of(at), type, 0, new byte[0]), "mount", at.toString());
    }

    private void unmount(Path at) throws Exception {
        Errno.check(bench().linux().umount2(PathBytes.of(at), 0), "umount2", at.toString());
    }

    @Test
    void filesOfALayerAreReadWithoutAMount() throws Exception {
        bench().image(
                        "ground",
                        "",
                        new TarMaker()
                                .directory("d", 0755)
                                .file("d/f", "content")
                                .symlink("d/l", "f")
                                .symlink("link", "d")
                                .bytes());
        try (var files = store().files(id("ground"))) {
            for (var path : new String[] {"d/f", "/d/f", "d//f", "link/f"}) {
                try (var in = files.open(path)) {
                    assertThat(in).hasContent("content");
                }
            }
            for (var path : new String[] {"", "/", "d", "d/l", "link/l", "../base/d/f", "d/../d/f", "none", "d/f/x"}) {
                refused(Kind.NOT_FOUND, () -> files.open(path));
            }
        }
    }

    @Test
    void labelThatCannotBeGivenIsRefused() throws Exception {
        Assumptions.assumeFalse(Files.isDirectory(Path.of("/sys/fs/selinux/booleans")), "Labels work here");
        twoLayers();
        try {
            store().get(id("box"), "system_u:object_r:svirt_sandbox_file_t:s0");
        } catch (StorageException e) {
            assertThat(e.kind()).isIn(Kind.NOT_SUPPORTED, Kind.INVALID, Kind.PREREQUISITES, Kind.IO);
            // the failed mount holds nothing
            store().remove(id("box"));
            return;
        }
        store().put(id("box"));
    }
}
