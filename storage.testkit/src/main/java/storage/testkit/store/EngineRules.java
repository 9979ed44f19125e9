package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.StorageException.Kind;
import storage.testkit.tree.TarMaker;

/** Homes that another program wrote, and homes that are not as they should be. */
abstract class EngineRules extends StoreRules {
    private LayerCheck check() throws IOException {
        return store().ability(LayerCheck.class).orElseThrow();
    }

    private List<LayerCheck.Finding> findings() throws IOException {
        return check().findings();
    }

    private static String chain(int n) {
        return String.format("%064x", n);
    }

    /** An image of two layers, a container with its init layer, in this home; and the engine's record of them. */
    private void engineHome() throws IOException {
        bench().image("low", "", new TarMaker().file("f", "x").bytes());
        bench().image("high", "low", new TarMaker().file("g", "y").bytes());
        bench().layer("box-init", "high", tree -> tree.file("hosts", "h"));
        bench().layer("box", "box-init", tree -> tree.file("own", "o"));
        var info = store().info();
        store().close();
        forgetRecords(info.state().getParent());
        var db = info.image().resolve("layerdb");
        image(db, chain(1), "low", "");
        image(db, chain(2), "high", "sha256:" + chain(1));
        var container = Files.createDirectories(db.resolve("mounts").resolve(chain(99)));
        Files.writeString(container.resolve("mount-id"), "box");
        Files.writeString(container.resolve("init-id"), "box-init");
        Files.writeString(container.resolve("parent"), "sha256:" + chain(2));
    }

    private static void image(Path db, String chain, String cache, String parent) throws IOException {
        var folder = Files.createDirectories(db.resolve("sha256").resolve(chain));
        Files.writeString(folder.resolve("cache-id"), cache);
        Files.writeString(folder.resolve("diff"), "sha256:" + chain);
        Files.writeString(folder.resolve("size"), "1");
        if (!parent.isEmpty()) {
            Files.writeString(folder.resolve("parent"), parent);
        }
    }

    private static void forgetRecords(Path state) throws IOException {
        try (var files = Files.walk(state)) {
            for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void parentsAndKindsOfAnEnginesLayersAreKnown() throws Exception {
        engineHome();
        bench().reopen();
        assertThat(store().layers())
                .containsExactly(
                        new Layer(id("box"), on(id("box-init")), Layer.Kind.READ_WRITE, Layer.State.COMPLETE),
                        new Layer(id("box-init"), on(id("high")), Layer.Kind.READ_WRITE, Layer.State.COMPLETE),
                        new Layer(id("high"), on(id("low")), Layer.Kind.IMAGE, Layer.State.COMPLETE),
                        new Layer(id("low"), NOTHING, Layer.Kind.IMAGE, Layer.State.COMPLETE));
        assertThat(findings()).isEmpty();
        try (var reading = bench().openReading()) {
            assertThat(reading.layers()).isEqualTo(store().layers());
        }
    }

    @Test
    void enginesLayersAreUsedLikeOurOwn() throws Exception {
        engineHome();
        bench().reopen();
        assertThat(bench().show(id("box"))).containsKeys("/f", "/g", "/hosts", "/own");
        assertThat(store().changes(id("box"), on(id("box-init")))).hasSize(1);
        refused(Kind.HAS_CHILDREN, () -> store().remove(id("high")));
        bench().layer("ours", "high", tree -> tree.file("new", "n"));
        assertThat(store().changes(id("ours"), on(id("high")))).hasSize(1);
        store().remove(id("box"));
        store().remove(id("box-init"));
        store().remove(id("ours"));
        refused(Kind.INVALID, id("high"), () -> store().applyDiff(id("high"), new TarMaker().stream()));
        bench().reopen();
        assertThat(bench().names()).containsExactly("high", "low");
    }

    @Test
    void unknownParentIsSaidAndNotGuessed() throws Exception {
        bench().image("low", "", new TarMaker().file("f", "x").bytes());
        bench().image("high", "low", new TarMaker().file("g", "y").bytes());
        var state = store().info().state().getParent();
        store().close();
        forgetRecords(state);
        bench().reopen();
        var high = store().layer(id("high")).orElseThrow();
        if (bench().factory().linksParents()) {
            assertThat(high.parent()).contains(id("low"));
            assertThat(high.state()).isEqualTo(Layer.State.COMPLETE);
        } else {
            assertThat(high.parent()).isEmpty();
            assertThat(high.state()).isEqualTo(Layer.State.UNKNOWN_PARENT);
            assertThat(findings()).extracting(LayerCheck.Finding::layer).contains("high", "low");
        }
        // layers that may be good are not touched
        check().repair();
        assertThat(bench().names()).containsExactly("high", "low");
    }

    @Test
    void healthyStoreHasNoFindings() throws Exception {
        bench().image("low", "", new TarMaker().file("f", "x").bytes());
        bench().layer("box", "low", tree -> tree.file("g", "y"));
        store().create(id("empty"), NOTHING, NONE);
        assertThat(findings()).isEmpty();
        try (var mount = store().mount(id("box"))) {
            assertThat(mount.path()).exists();
            assertThat(findings()).isEmpty();
        }
        assertThat(check().repair()).isEmpty();
        bench().reopen();
        assertThat(findings()).isEmpty();
    }

    @Test
    void orphanIsSetAsideAndKept() throws Exception {
        engineHome();
        bench().reopen();
        bench().image("orphan", "low", new TarMaker().file("precious", "p").bytes());
        var record = store().info().state().resolve("layers/orphan.json");
        store().close();
        Files.delete(record);
        bench().reopen();
        assertThat(findings()).anyMatch(finding -> finding.layer().equals("orphan") && finding.repairable());
        assertThat(check().repair()).anyMatch(sentence -> sentence.contains("orphan"));
        assertThat(store().exists(id("orphan"))).isFalse();
        assertThat(findings()).isEmpty();
        var aside = store().info()
                .state()
                .resolveSibling("quarantine")
                .resolve(store().info().home().getFileName().toString())
                .resolve("orphan-1");
        assertThat(aside).exists();
        assertThat(bench().show(id("box"))).containsKeys("/f", "/own");
    }

    @Test
    void recordsThatAreWrongAreSetAside() throws Exception {
        bench().image("low", "", new TarMaker().file("f", "x").bytes());
        bench().layer("box", "low", tree -> {});
        var layers = store().info().state().resolve("layers");
        store().close();
        Files.writeString(layers.resolve("box.json"), "{\"parent\":");
        Files.writeString(layers.resolve("ghost.json"), "{\"kind\":\"IMAGE\"}");
        Files.writeString(layers.resolve("stranger"), "?");
        bench().reopen();
        assertThat(findings()).extracting(LayerCheck.Finding::layer).contains("box", "ghost");
        assertThat(findings())
                .extracting(LayerCheck.Finding::path)
                .contains("storage/" + store().info().state().getFileName() + "/layers/stranger");
        assertThat(store().exists(id("ghost"))).isFalse();
        check().repair();
        assertThat(findings())
                .allMatch(finding -> !finding.repairable()
                        && finding.layer().equals("box")
                        && !bench().factory().linksParents());
        assertThat(bench().names()).containsExactly("box", "low");
        assertThat(bench().show(id("box"))).containsKey("/f");
    }

    @Test
    void missingParentIsFound() throws Exception {
        bench().image("low", "", new TarMaker().file("f", "x").bytes());
        store().create(id("high"), on(id("low")), NONE);
        var record = store().info().state().resolve("layers/high.json");
        store().close();
        Files.writeString(record, Files.readString(record).replace("\"low\"", "\"gone\""));
        bench().reopen();
        assertThat(findings())
                .anyMatch(finding ->
                        finding.layer().equals("high") && finding.problem().contains("gone"));
    }

    @Test
    void strangersInTheHomeAreFoundAndSetAside() throws Exception {
        bench().image("low", "", new TarMaker().file("f", "x").bytes());
        var home = store().info().home();
        Files.createDirectory(home.resolve("not a layer"));
        Files.writeString(home.resolve("not a layer/precious"), "p");
        assertThat(findings())
                .anyMatch(finding -> (finding.layer() + finding.path() + finding.problem()).contains("not a layer"));
        assertThat(bench().names()).containsExactly("low");
        check().repair();
        assertThat(home.resolve("not a layer")).doesNotExist();
        assertThat(findings()).isEmpty();
        try (var kept = Files.walk(store().info().state().resolveSibling("quarantine"))) {
            assertThat(kept).anyMatch(path -> path.endsWith("precious"));
        }
    }
}
