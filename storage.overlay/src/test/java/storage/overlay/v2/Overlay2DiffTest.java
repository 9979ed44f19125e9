package storage.overlay.v2;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.StorageException;
import storage.overlay.testing.TestStore;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.linux.FailingSyscalls;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeText;

/** Differences told from the upper directory. */
class Overlay2DiffTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    private TestStore test;

    @BeforeEach
    void open() throws IOException {
        Require.root();
        test = new TestStore(FILES.path(), Overlay2Driver::new);
        test.image(
                "bottom",
                null,
                new TarMaker()
                        .directory("etc", 0755)
                        .file("etc/motd", "hello")
                        .file("etc/passwd", "root")
                        .directory("lib", 0755)
                        .file("lib/one", "1")
                        .file("lib/two", "2")
                        .directory("lib/deep", 0755)
                        .file("lib/deep/three", "3"));
        test.readWrite("box", "bottom");
    }

    @AfterEach
    void close() throws IOException {
        test.close();
    }

    private List<String> entries(byte[] archive) throws IOException {
        var names = new ArrayList<String>();
        try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                names.add(entry.getName());
            }
        }
        return names;
    }

    @Test
    void aDirectoryThatWasReplacedIsOneMarkInTheArchiveAndNamesInTheList() throws IOException {
        test.inside(
                "box",
                tree -> tree.remove("lib")
                        .directory("lib")
                        .file("lib/two", "other")
                        .directory("lib/deep"));
        assertThat(test.changes("box", "bottom"))
                .containsExactly("C /lib", "C /lib/deep", "D /lib/deep/three", "D /lib/one", "C /lib/two");
        assertThat(entries(test.diff("box", "bottom")))
                .containsExactly("lib/", "lib/.wh..wh..opq", "lib/deep/", "lib/two");
        isTheSameTreeAgain();
    }

    private void isTheSameTreeAgain() throws IOException {
        test.store().create(TestStore.id("copy"), Optional.of(TestStore.id("bottom")), storage.api.LayerOptions.NONE);
        test.apply("copy", test.diff("box", "bottom"));
        assertThat(show("copy")).isEqualTo(show("box"));
        assertThat(test.diff("box", "bottom")).isEqualTo(test.diff("box", "bottom"));
    }

    private List<String> show(String name) throws IOException {
        try (var mount = test.store().mount(TestStore.id(name))) {
            var lines = TreeText.lines(TestStore.LINUX, mount.path());
            lines.removeIf(line -> line.startsWith("/ "));
            return lines;
        }
    }

    @Test
    void filesThatWereOnlyOpenedAreNoChange() throws IOException {
        test.inside("box", tree -> {
            tree.patch("etc/motd", 0, "hello");
            tree.time("etc/motd", 1_400_000_000L, 0);
        });
        assertThat(test.files().has("box/diff/etc/motd")).isTrue();
        assertThat(test.changes("box", "bottom")).isEmpty();
        assertThat(test.store().diffSize(TestStore.id("box"), Optional.of(TestStore.id("bottom"))))
                .isZero();
        test.inside("box", tree -> {
            tree.patch("etc/motd", 0, "jello");
            tree.time("etc/motd", 1_400_000_000L, 0);
        });
        assertThat(test.changes("box", "bottom")).containsExactly("C /etc", "C /etc/motd");
    }

    @Test
    void marksOfAMiddleLayerCountForTheLayersAbove() throws IOException {
        test.image(
                "middle",
                "bottom",
                new TarMaker()
                        .whiteout("etc/passwd")
                        .directory("lib", 0755)
                        .opaque("lib")
                        .file("lib/four", "4"));
        test.readWrite("high", "middle");
        test.inside(
                "high",
                tree -> tree.file("etc/passwd", "new").file("lib/one", "new").remove("lib/four"));
        assertThat(test.changes("high", "middle"))
                .containsExactly("C /etc", "A /etc/passwd", "C /lib", "D /lib/four", "A /lib/one");
    }

    @Test
    void anArchiveMayHideTheWholeRoot() throws IOException {
        test.image("middle", "bottom", new TarMaker().file(".wh..wh..opq", "").file("only", "this"));
        assertThat(show("middle")).singleElement().asString().startsWith("/only");
    }

    @Test
    void aWholeLayerIsToldAgainstNothing() throws IOException {
        assertThat(test.changes("bottom", null))
                .containsExactly(
                        "A /etc",
                        "A /etc/motd",
                        "A /etc/passwd",
                        "A /lib",
                        "A /lib/deep",
                        "A /lib/deep/three",
                        "A /lib/one",
                        "A /lib/two");
        assertThat(test.store().diffSize(TestStore.id("bottom"), Optional.empty()))
                .isEqualTo("hellorootonetwothree".length() - "onetwothree".length() + 3);
    }

    @Test
    void nothingIsMountedForIt() throws IOException {
        test.inside("box", tree -> tree.file("new", "x"));
        test.store().close();
        test.forget();
        var kernel = FailingSyscalls.around(TestStore.LINUX);
        try (var store =
                new Overlay2Driver(kernel.syscalls()).open(test.driverHome(storage.api.StoreInfo.Access.WRITE))) {
            kernel.reset().failAlways("mount", storage.linux.Errno.EIO);
            assertThat(store.changes(TestStore.id("box"), Optional.of(TestStore.id("bottom"))))
                    .hasToString("[A /new]");
            assertThat(kernel.struck()).isZero();
        }
    }

    @Test
    void readersTellItToo() throws IOException {
        test.inside("box", tree -> tree.file("new", "x"));
        try (var reader = test.reader()) {
            assertThat(reader.changes(TestStore.id("box"), Optional.of(TestStore.id("bottom"))))
                    .hasToString("[A /new]");
        } catch (StorageException e) {
            throw new AssertionError(e);
        }
    }
}
