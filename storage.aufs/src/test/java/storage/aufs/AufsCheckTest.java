package storage.aufs;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.testkit.store.Workbench.id;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.store.Setting;
import storage.testkit.store.Workbench;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;

/** Damage is named, what can be rebuilt is, and nothing is thrown away. */
class AufsCheckTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.image("ext4");

    private Workbench bench;
    private Path home;

    @BeforeEach
    void layOut() throws Exception {
        Require.root();
        bench = new Workbench(new AufsFactory(FILES.path()), Setting.USUAL);
        home = bench.root().resolve("aufs");
        bench.image("low", "", new TarMaker().file("f", "x").bytes());
        bench.image("mid", "low", new TarMaker().file("g", "y").bytes());
        bench.layer("box", "mid", tree -> {});
    }

    @AfterEach
    void clearAway() throws Exception {
        bench.close();
    }

    private LayerCheck check() throws Exception {
        return bench.store().ability(LayerCheck.class).orElseThrow();
    }

    private List<String> findings() throws Exception {
        return check().findings().stream()
                .map(finding -> finding.path() + (finding.repairable() ? " repairable" : ""))
                .toList();
    }

    @Test
    void filesOfAncestorsAreRebuilt() throws Exception {
        Files.writeString(home.resolve("layers/box"), "mid\nlo");
        assertThat(findings()).containsExactly("aufs/diff/box", "aufs/layers/box repairable");
        assertThat(check().repair()).hasSize(1);
        assertThat(home.resolve("layers/box")).hasContent("mid\nlow\n");
        Files.writeString(home.resolve("layers/box"), "mid\n");
        assertThat(findings()).containsExactly("aufs/layers/box repairable");
        assertThat(check().repair()).hasSize(1);
        assertThat(findings()).isEmpty();
        assertThat(bench.show(id("box"))).containsKeys("/f", "/g");
    }

    @Test
    void missingFolderToMountOnIsMade() throws Exception {
        Files.delete(home.resolve("mnt/box"));
        assertThat(findings()).containsExactly("aufs/mnt/box repairable");
        check().repair();
        assertThat(bench.show(id("box"))).containsKeys("/f", "/g");
        assertThat(findings()).isEmpty();
    }

    @Test
    void lostContentIsNamedWithAllThatStandsOnIt() throws Exception {
        new TreeMaker(bench.linux(), home.resolve("diff")).remove("low");
        assertThat(findings()).contains("aufs/diff/low", "aufs/layers/mid", "aufs/layers/box");
        assertThat(check().repair()).isEmpty();
        assertThat(bench.names()).containsExactly("box", "low", "mid");
        Files.createDirectory(home.resolve("diff/low"));
    }

    @Test
    void whatBelongsToNoLayerIsSetAside() throws Exception {
        Files.createDirectories(home.resolve("diff/lost/precious"));
        Files.createDirectories(home.resolve("mnt/lost/something"));
        Files.createDirectory(home.resolve("mnt/empty"));
        Files.createDirectories(home.resolve("diff/half-removing/d"));
        Files.writeString(home.resolve("layers/not a layer"), "?");
        assertThat(findings())
                .containsExactlyInAnyOrder(
                        "aufs/diff/lost repairable",
                        "aufs/mnt/lost repairable",
                        "aufs/diff/half-removing repairable",
                        "aufs/layers/not a layer repairable");
        check().repair();
        assertThat(findings()).isEmpty();
        assertThat(home.resolve("diff/half-removing")).doesNotExist();
        try (var kept = Files.walk(bench.root().resolve("storage/quarantine/aufs"))) {
            assertThat(kept.map(path -> path.getFileName().toString())).contains("precious", "not a layer-1");
        }
        assertThat(bench.store().layers()).allMatch(layer -> layer.state() == Layer.State.COMPLETE);
    }
}
