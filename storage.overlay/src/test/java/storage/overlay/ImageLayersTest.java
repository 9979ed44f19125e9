package storage.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.GraphDriver;
import storage.linux.Errno;
import storage.linux.MountTable;
import storage.linux.Syscalls;
import storage.overlay.testing.TestStore;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeText;

/** Layers filled from archives: the same trees on both drivers, and nothing writes to them. */
@ParameterizedClass
@EnumSource
class ImageLayersTest {
    enum Kind {
        OVERLAY,
        OVERLAY2;

        GraphDriver driver(Syscalls linux) {
            return this == OVERLAY ? new OverlayDriver(linux) : new Overlay2Driver(linux);
        }
    }

    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    @Parameter
    Kind kind;

    private TestStore test;

    @BeforeEach
    void open() throws IOException {
        Require.root();
        test = new TestStore(FILES.path(), kind::driver);
    }

    @AfterEach
    void close() throws IOException {
        test.close();
    }

    private void images() throws IOException {
        test.image(
                "bottom",
                null,
                new TarMaker()
                        .directory("etc", 0755)
                        .file("etc/motd", "hello")
                        .file("etc/passwd", "root")
                        .directory("opt", 0750)
                        .file("opt/a", "a")
                        .file("opt/b", "b")
                        .directory("opt/deep", 0700)
                        .file("opt/deep/c", "c")
                        .file("gone", "x")
                        .symlink("link", "etc"));
        test.image(
                "middle",
                "bottom",
                new TarMaker()
                        .whiteout("gone")
                        .file("etc/motd", "changed")
                        .directory("opt", 0750)
                        .opaque("opt")
                        .file("opt/d", "d")
                        .link("etc/motd.link", "etc/motd"));
        test.image("top", "middle", new TarMaker().whiteout("etc/passwd").file("new/file", "n"));
    }

    private Map<String, String> show(String name) throws IOException {
        try (var mount = test.store().mount(TestStore.id(name))) {
            var tree = TreeText.capture(TestStore.LINUX, mount.path());
            return tree;
        }
    }

    @Test
    void treesAreTheSumOfTheirLayers() throws IOException {
        images();
        assertThat(show("bottom").keySet())
                .containsExactly(
                        "/",
                        "/etc",
                        "/etc/motd",
                        "/etc/passwd",
                        "/gone",
                        "/link",
                        "/opt",
                        "/opt/a",
                        "/opt/b",
                        "/opt/deep",
                        "/opt/deep/c");
        assertThat(show("middle").keySet())
                .containsExactly("/", "/etc", "/etc/motd", "/etc/motd.link", "/etc/passwd", "/link", "/opt", "/opt/d");
        assertThat(show("top").keySet())
                .containsExactly(
                        "/", "/etc", "/etc/motd", "/etc/motd.link", "/link", "/new", "/new/file", "/opt", "/opt/d");
        assertThat(show("top").get("/opt")).startsWith("040750");
        assertThat(show("top").get("/etc/motd.link")).endsWith("= /etc/motd");
    }

    @Test
    void nothingIsWrittenThroughTheMountOfAnImage() throws IOException {
        images();
        for (var name : List.of("bottom", "middle", "top")) {
            test.inside(name, tree -> {
                assertThatThrownBy(() -> tree.overwrite("etc/motd", "broken"))
                        .hasMessageContaining(Errno.name(Errno.EROFS));
                assertThatThrownBy(() -> tree.mode("etc/motd", 0)).hasMessageContaining(Errno.name(Errno.EROFS));
                assertThatThrownBy(() -> tree.remove("etc/motd")).hasMessageContaining(Errno.name(Errno.EROFS));
            });
            assertThat(test.files().has(name + "/merged")).as(name).isFalse();
        }
    }

    @Test
    void mountsOfImagesAreAdopted() throws IOException {
        images();
        for (var name : List.of("bottom", "top")) {
            var path = test.store().get(TestStore.id(name), "");
            test.reopen();
            assertThat(test.store().get(TestStore.id(name), "")).isEqualTo(path);
            test.store().put(TestStore.id(name));
            assertThat(MountTable.read().isMounted(path.toString())).isFalse();
        }
        var path = test.store().get(TestStore.id("bottom"), "");
        test.reopen();
        assertThatThrownBy(() -> test.store().remove(TestStore.id("bottom")))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.IN_USE));
        test.store().put(TestStore.id("bottom"));
        assertThat(path).doesNotExist();
    }

    @Test
    void whatSomebodyElseMountsIsLeftAlone() throws IOException {
        images();
        var id = TestStore.id("top");
        var path = test.store().get(id, "");
        var inside = path.resolve("new");
        var linux = TestStore.LINUX;
        var target = storage.linux.PathBytes.of(inside);
        var tmpfs = storage.api.FileNames.encode("tmpfs");
        Errno.check(linux.mount(tmpfs, target, tmpfs, 0, new byte[0]), "mount", inside.toString());
        try {
            assertThatThrownBy(() -> test.store().put(id)).isInstanceOfSatisfying(StorageException.class, e -> {
                assertThat(e.kind()).isEqualTo(StorageException.Kind.IN_USE);
                assertThat(e.getMessage()).contains(inside.toString());
            });
            assertThat(MountTable.read().isMounted(inside.toString())).isTrue();
            assertThat(MountTable.read().isMounted(path.toString())).isTrue();
        } finally {
            linux.umount2(target, 0);
        }
        test.store().put(id);
        assertThat(MountTable.read().isMounted(path.toString())).isFalse();
    }

    @Test
    void aBusyMountIsDetached() throws IOException {
        images();
        var id = TestStore.id("top");
        var path = test.store().get(id, "");
        try (var held =
                storage.linux.Fd.directory(TestStore.LINUX, path.resolve("etc").toString())) {
            test.store().put(id);
            assertThat(path).doesNotExist();
            assertThat(held.number()).isPositive();
        }
    }

    @Test
    void readersSeeLayersButMountNothing() throws IOException {
        images();
        try (var reader = test.reader()) {
            assertThat(reader.layers()).hasSize(3);
            assertThatThrownBy(() -> reader.get(TestStore.id("top"), ""))
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.CLOSED));
            assertThat(reader.info().access()).isEqualTo(StoreInfo.Access.READ);
            try (var files = reader.files(TestStore.id("middle"));
                    var motd = files.open("etc/motd")) {
                assertThat(new String(motd.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
                        .isEqualTo("changed");
            }
            try (var files = reader.files(TestStore.id("middle"))) {
                for (var none : List.of("gone", "opt", "link", "../middle/diff/etc/motd", "../middle", "link/none")) {
                    assertThatThrownBy(() -> files.open(none))
                            .as(none)
                            .isInstanceOfSatisfying(
                                    StorageException.class,
                                    e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.NOT_FOUND));
                }
            }
        }
    }
}
