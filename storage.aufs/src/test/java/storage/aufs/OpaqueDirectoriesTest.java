package storage.aufs;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.testkit.store.Workbench.id;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.store.Setting;
import storage.testkit.store.Workbench;
import storage.testkit.tree.TarMaker;

/** Directories that hide what is below them, in several layers: aufs heeds only the lowest of their marks. */
class OpaqueDirectoriesTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.image("ext4");

    private Workbench bench;
    private Path diff;

    @BeforeEach
    void layOut() throws Exception {
        Require.root();
        bench = new Workbench(new AufsFactory(FILES.path()), Setting.USUAL);
        diff = bench.root().resolve("aufs/diff");
        bench.image("low", "", directories("a", "low"));
        bench.image("mid", "low", opaque("b", "mid"));
    }

    @AfterEach
    void clearAway() throws Exception {
        bench.close();
    }

    private static byte[] directories(String file, String content) throws Exception {
        return new TarMaker()
                .directory("d", 0755)
                .directory("d/sub", 0755)
                .directory("d/sub/deep", 0755)
                .file("d/" + file, content)
                .file("d/sub/" + file, content)
                .file("d/sub/deep/" + file, content)
                .bytes();
    }

    private static byte[] opaque(String file, String content) throws Exception {
        return new TarMaker()
                .directory("d", 0755)
                .file("d/.wh..wh..opq", "")
                .directory("d/sub", 0755)
                .file("d/sub/" + file, content)
                .file("d/" + file, content)
                .bytes();
    }

    private Set<String> names(String layer) throws Exception {
        return new TreeSet<>(bench.show(id(layer)).keySet());
    }

    @Test
    void archivesWithTheSameOpaqueDirectoryHideEachOthers() throws Exception {
        bench.image("top", "mid", opaque("c", "top"));
        bench.layer("box", "top", tree -> {});
        assertThat(names("mid")).containsExactly("/", "/d", "/d/b", "/d/sub", "/d/sub/b");
        assertThat(names("top")).containsExactly("/", "/d", "/d/c", "/d/sub", "/d/sub/c");
        assertThat(names("box")).isEqualTo(names("top"));
        assertThat(diff.resolve("top/d/.wh.b")).isEmptyFile();
        assertThat(diff.resolve("top/d/sub/.wh..wh..opq")).isEmptyFile();
        assertThat(diff.resolve("top/d/.wh.a")).doesNotExist();
    }

    @Test
    void directoryThatWasMadeAnewStaysSoAfterTheUnmount() throws Exception {
        bench.layer(
                "box",
                "mid",
                tree -> tree.remove("d").directory("d").file("d/new", "n").directory("d/sub"));
        var time = Files.getLastModifiedTime(diff.resolve("box/d"));
        assertThat(names("box")).containsExactly("/", "/d", "/d/new", "/d/sub");
        assertThat(diff.resolve("box/d/.wh.b")).isEmptyFile();
        assertThat(Files.getLastModifiedTime(diff.resolve("box/d"))).isEqualTo(time);
        bench.layer("child", "box", tree -> tree.file("d/more", "m"));
        assertThat(names("child")).containsExactly("/", "/d", "/d/more", "/d/new", "/d/sub");
    }

    /** Where aufs comes upon a file below a directory it goes on, to the directory that the file had replaced. */
    @Test
    void directoryInThePlaceOfAFileInThePlaceOfADirectory() throws Exception {
        bench.image("file", "mid", new TarMaker().file("d", "f").bytes());
        bench.image(
                "top",
                "file",
                new TarMaker().directory("d", 0755).file("d/c", "c").bytes());
        bench.layer("box", "top", tree -> {});
        assertThat(names("box")).containsExactly("/", "/d", "/d/c");
    }

    @Test
    void directoriesThatHideNothingTwiceAreLeftAlone() throws Exception {
        bench.image("above", "mid", directories("c", "above"));
        assertThat(names("above"))
                .containsExactly(
                        "/", "/d", "/d/b", "/d/c", "/d/sub", "/d/sub/b", "/d/sub/c", "/d/sub/deep", "/d/sub/deep/c");
        try (var files = Files.walk(diff)) {
            assertThat(files.filter(path -> path.getFileName().toString().startsWith(".wh.")))
                    .containsExactly(diff.resolve("mid/d/.wh..wh..opq"));
        }
    }
}
