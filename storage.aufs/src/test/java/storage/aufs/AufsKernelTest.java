package storage.aufs;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.testkit.store.Workbench.id;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.linux.MountTable;
import storage.linux.PathBytes;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.store.Setting;
import storage.testkit.store.Workbench;
import storage.testkit.tree.TarMaker;

/** What only the kernel's own aufs can show; asked for by the feature {@code aufs}. */
class AufsKernelTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.image("ext4");

    private Workbench bench;

    @BeforeEach
    void needsAufs() throws Exception {
        Require.root();
        Require.feature("aufs", AufsFactory.isInKernel(), "the kernel has no aufs; see docs/drivers/aufs.md, Testing");
        bench = new Workbench(new AufsFactory(FILES.path()), Setting.USUAL);
    }

    @AfterEach
    void clearAway() throws Exception {
        if (bench != null) {
            bench.close();
        }
    }

    @Test
    void unionIsTheKernels() throws Exception {
        bench.image("low", "", new TarMaker().file("f", "x").bytes());
        bench.layer("box", "low", tree -> tree.remove("f").file("g", "y"));
        var path = bench.store().get(id("box"), "");
        assertThat(MountTable.read().at(PathBytes.text(path)).orElseThrow().type())
                .isEqualTo("aufs");
        bench.store().put(id("box"));
        assertThat(bench.root().resolve("aufs/diff/box/.wh.f")).exists();
    }

    /** The kernel keeps the two names together only while it is mounted; the flush makes it a link on disk. */
    @Test
    void hardLinkOfALowerFileOutlivesTheUnmount() throws Exception {
        bench.image(
                "low",
                "",
                new TarMaker()
                        .directory("d", 0755)
                        .file("one", "old")
                        .link("d/two", "one")
                        .bytes());
        bench.layer("box", "low", tree -> tree.overwrite("one", "new"));
        Path branch = bench.root().resolve("aufs/diff/box");
        assertThat(bench.show(id("box")).get("/one")).contains(" = /d/two");
        assertThat(branch.resolve("d/two")).hasContent("new");
        assertThat(branch.resolve(".wh..wh.plnk")).isEmptyDirectory();
    }
}
