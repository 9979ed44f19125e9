package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerTransfer;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;

/** Layers come, stand on each other, and go. */
abstract class LifeCycleRules extends StoreRules {
    @Test
    void newStoreHasNoLayers() throws Exception {
        assertThat(store().layers()).isEmpty();
        assertThat(store().exists(missing())).isFalse();
        assertThat(store().layer(missing())).isEmpty();
        assertThat(store().info().root()).isEqualTo(bench().root());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void layerOnNothingShowsAnEmptyRoot(boolean image) throws Exception {
        if (image) {
            store().create(id("ground"), NOTHING, NONE);
        } else {
            store().createReadWrite(id("ground"), NOTHING, NONE);
        }
        assertThat(store().exists(id("ground"))).isTrue();
        assertThat(bench().show(id("ground"))).containsOnlyKeys("/");
        try (var mount = store().mount(id("ground"))) {
            var root = new TreeMaker(bench().linux(), mount.path()).stat("");
            assertThat(root.permissions()).isEqualTo(0755);
            assertThat(root.uid).isEqualTo(bench().linux().geteuid());
            assertThat(root.gid).isEqualTo(bench().linux().getegid());
        }
        store().remove(id("ground"));
        assertThat(store().exists(id("ground"))).isFalse();
        assertThat(store().layers()).isEmpty();
    }

    @Test
    void childShowsWhatItsParentShows() throws Exception {
        var base = bench().layer(
                        "ground",
                        "",
                        tree -> tree.directory("d", 01777)
                                .file("d/f", "text")
                                .symlink("d/l", "f")
                                .link("hard", "d/f")
                                .fifo("p")
                                .mode("", 0711)
                                .time("d/f", 1234567890, 123456789));
        store().createReadWrite(id("rw"), on(base), NONE);
        store().create(id("ro"), on(base), NONE);
        store().create(id("grandchild"), on(id("ro")), NONE);
        var shown = bench().show(base);
        assertThat(bench().show(id("rw"))).isEqualTo(shown);
        assertThat(bench().show(id("ro"))).isEqualTo(shown);
        assertThat(bench().show(id("grandchild"))).isEqualTo(shown);
    }

    @Test
    void parentAndSiblingsDoNotSeeWhatIsWritten() throws Exception {
        var base = bench().image(
                        "ground",
                        "",
                        new TarMaker()
                                .directory("d", 0755)
                                .file("d/f", "0123456789")
                                .link("d/g", "d/f")
                                .file("gone", "x")
                                .bytes());
        bench().image("image", "ground", new TarMaker().file("added", "1").bytes());
        store().createReadWrite(id("one"), on(id("image")), NONE);
        store().createReadWrite(id("two"), on(id("image")), NONE);
        var before = bench().show(base);
        var image = bench().show(id("image"));
        bench().edit(id("one"), tree -> {
            // in place, so that a shared inode would give itself away
            tree.patch("d/f", 3, "xyz").mode("d/g", 0600).remove("gone").file("d/new", "n");
            tree.patch("added", 0, "2").time("d", 5, 5);
        });
        assertThat(bench().show(base)).isEqualTo(before);
        assertThat(bench().show(id("image"))).isEqualTo(image);
        assertThat(bench().show(id("two"))).isEqualTo(image);
        try (var mount = store().mount(id("one"))) {
            var tree = new TreeMaker(bench().linux(), mount.path());
            assertThat(tree.read("d/f")).isEqualTo("012xyz6789");
            assertThat(tree.has("gone")).isFalse();
        }
    }

    @Test
    void twentyLayersDeepEverythingIsSeen() throws Exception {
        assertDeep(20);
    }

    @Test
    void deepestStackIsSeenAndADeeperOneRefused() throws Exception {
        var depth = bench().factory().depth();
        if (depth.isEmpty()) {
            assertDeep(bench().factory().deepTest());
            return;
        }
        var most = depth.getAsInt();
        assertDeep(most);
        var top = id("layer-" + (most - 1));
        refused(Kind.LIMIT_EXCEEDED, () -> store().createReadWrite(id("above"), on(top), NONE));
        assertThat(store().exists(id("above"))).isFalse();
    }

    private void assertDeep(int depth) throws Exception {
        for (var i = 0; i < depth; i++) {
            var tar = new TarMaker().file("same", "level " + i).file("own-" + i, "x");
            if (i > 0) {
                tar.whiteout("gone-" + (i - 1));
            }
            bench().image(
                            "layer-" + i,
                            i == 0 ? "" : "layer-" + (i - 1),
                            tar.file("gone-" + i, "").bytes());
        }
        try (var mount = store().mount(id("layer-" + (depth - 1)))) {
            var tree = new TreeMaker(bench().linux(), mount.path());
            assertThat(tree.read("same")).isEqualTo("level " + (depth - 1));
            for (var i = 0; i < depth; i++) {
                assertThat(tree.has("own-" + i)).as("own-" + i).isTrue();
                assertThat(tree.has("gone-" + i)).as("gone-" + i).isEqualTo(i == depth - 1);
            }
        }
    }

    @Test
    void readWriteLayersStandOnReadWriteLayers() throws Exception {
        bench().layer("init", "", tree -> tree.file("hosts", "h"));
        bench().layer("box", "init", tree -> tree.file("own", "o").patch("hosts", 0, "x"));
        assertThat(bench().show(id("box"))).containsKeys("/hosts", "/own");
        assertThat(bench().show(id("init"))).doesNotContainKey("/own");
    }

    @Test
    void listTellsParentKindAndStateInTheOrderOfIds() throws Exception {
        store().create(id("b"), NOTHING, NONE);
        store().createReadWrite(id("a.json"), on(id("b")), NONE);
        store().create(id("C"), on(id("b")), NONE);
        var expected = java.util.List.of(
                new Layer(id("C"), on(id("b")), Layer.Kind.IMAGE, Layer.State.COMPLETE),
                new Layer(id("a.json"), on(id("b")), Layer.Kind.READ_WRITE, Layer.State.COMPLETE),
                new Layer(id("b"), NOTHING, Layer.Kind.IMAGE, Layer.State.COMPLETE));
        assertThat(store().layers()).isEqualTo(expected);
        assertThat(bench().reopen().layers()).isEqualTo(expected);
        assertThat(store().layer(id("a.json"))).contains(expected.get(1));
    }

    @Test
    void takenIdIsRefusedAndNothingChanges() throws Exception {
        var base = bench().layer("ground", "", tree -> tree.file("f", "x"));
        refused(Kind.ALREADY_EXISTS, base, () -> store().create(base, NOTHING, NONE));
        refused(Kind.ALREADY_EXISTS, base, () -> store().createReadWrite(base, on(base), NONE));
        assertThat(bench().show(base)).containsKey("/f");
        assertThat(store().layer(base).orElseThrow().kind()).isEqualTo(Layer.Kind.READ_WRITE);
    }

    @Test
    void missingParentIsRefusedAndNothingIsLeft() throws Exception {
        refused(Kind.NOT_FOUND, () -> store().create(id("child"), on(missing()), NONE));
        refused(Kind.NOT_FOUND, () -> store().createReadWrite(id("child"), on(id("child")), NONE));
        assertThat(store().exists(id("child"))).isFalse();
        assertThat(bench().reopen().layers()).isEmpty();
    }

    @Test
    void everyCallOnAMissingLayerSaysSo() throws Exception {
        var base = bench().layer("ground", "", tree -> {});
        refused(Kind.NOT_FOUND, missing(), () -> store().get(missing(), ""));
        refused(Kind.NOT_FOUND, missing(), () -> store().put(missing()));
        refused(Kind.NOT_FOUND, missing(), () -> store().remove(missing()));
        refused(Kind.NOT_FOUND, missing(), () -> bench().diff(missing(), NOTHING));
        refused(Kind.NOT_FOUND, missing(), () -> bench().diff(base, on(missing())));
        refused(Kind.NOT_FOUND, missing(), () -> store().changes(missing(), NOTHING));
        refused(Kind.NOT_FOUND, missing(), () -> store().diffSize(missing(), NOTHING));
        refused(Kind.NOT_FOUND, missing(), () -> store().applyDiff(missing(), new TarMaker().stream()));
        refused(Kind.NOT_FOUND, missing(), () -> store().files(missing()));
        refused(Kind.NOT_FOUND, missing(), () -> store().metadata(missing()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ".", "..", "a/b", "../up", "/abs", "-x", ".hidden", "a b", "a\nb", "a\0b", "ü", "l", "base"})
    void namesThatAreNoIdsAreRefused(String name) {
        refused(Kind.INVALID, () -> LayerId.parse(name));
    }

    @Test
    void idsMayBeLongAndLookLikeRecords() throws Exception {
        for (var name : new String[] {"x".repeat(128), "a.creating", "a", "A", "0", "a..b", "x.removing.json"}) {
            bench().layer(name, "", tree -> tree.file("f", name));
        }
        bench().reopen();
        assertThat(bench().names()).hasSize(7);
        for (var layer : store().layers()) {
            try (var mount = store().mount(layer.id())) {
                assertThat(new TreeMaker(bench().linux(), mount.path()).read("f"))
                        .isEqualTo(layer.id().value());
            }
            store().remove(layer.id());
        }
    }

    @Test
    void unknownOptionsAreRefusedAndNothingIsLeft() throws Exception {
        var odd = LayerOptions.storage(Map.of("no-such-option", "1"));
        try {
            store().createReadWrite(id("a"), NOTHING, odd);
            throw new AssertionError("The option was taken");
        } catch (StorageException e) {
            assertThat(e.kind()).isIn(Kind.INVALID, Kind.NOT_SUPPORTED);
            assertThat(e.getMessage()).contains("no-such-option");
            assertThat(e.advice()).isNotBlank();
        }
        assertThat(store().exists(id("a"))).isFalse();
        assertThat(bench().reopen().layers()).isEmpty();

        var home = bench().home(bench().root("other"), StoreInfo.Access.WRITE);
        var options = new storage.api.driver.DriverHome(
                home.root(), Map.of("no.such.option", "1"), home.idMaps(), home.access());
        refused(Kind.INVALID, () -> bench().driver(bench().linux()).open(options));
        assertThat(Files.exists(home.root())).isFalse();
    }

    @Test
    void layersAndTheirLooksAreTold() throws Exception {
        var base = bench().layer("ground", "", tree -> {});
        store().create(id("child"), on(base), NONE);
        assertThat(store().metadata(base)).isNotNull();
        assertThat(store().metadata(id("child"))).isNotNull();
        assertThat(store().status()).isNotEmpty();
        var driver = bench().driver(bench().linux());
        assertThat(driver.layers(bench().home(bench().root(), StoreInfo.Access.READ)))
                .containsExactlyInAnyOrder(base, id("child"));
        assertThat(driver.layers(bench().home(bench().root("nowhere"), StoreInfo.Access.READ)))
                .isEmpty();
        assertThat(Files.exists(bench().root("nowhere"))).isFalse();
    }

    @Test
    void checkAnswersAndLeavesNothing() throws Exception {
        var home = bench().home(bench().root("unborn"), StoreInfo.Access.WRITE);
        var verdict = bench().driver(bench().linux()).check(home);
        assertThat(verdict.isSupported()).as(verdict.toString()).isTrue();
        assertThat(verdict.evidence()).isNotEmpty();
        assertThat(Files.exists(home.root())).isFalse();
        store();
        var before = bench().disk();
        assertThat(bench().driver(bench().linux())
                        .check(bench().home(bench().root(), StoreInfo.Access.WRITE))
                        .isSupported())
                .isTrue();
        assertThat(bench().disk()).isEqualTo(before);
    }

    /** What a migration does. */
    @Test
    void readWriteLayerIsFilledWithADifferenceAndWrittenToAfterwards() throws Exception {
        var ground = bench().image(
                        "ground",
                        "",
                        new TarMaker().file("f", "0123456789").file("gone", "x").bytes());
        store().createReadWrite(id("one"), on(ground), NONE);
        bench().edit(id("one"), tree -> tree.patch("f", 3, "xyz").remove("gone").file("new", "n"));
        var transfer = store().ability(LayerTransfer.class).orElseThrow();
        store().createReadWrite(id("two"), on(ground), transfer.settings(id("one")));
        transfer.fill(id("two"), new ByteArrayInputStream(bench().diff(id("one"), on(ground))));
        assertThat(store().layer(id("two")).orElseThrow().kind()).isEqualTo(Layer.Kind.READ_WRITE);
        assertThat(store().changes(id("two"), on(ground))).isEqualTo(store().changes(id("one"), on(ground)));
        var before = bench().show(ground);
        bench().edit(id("two"), tree -> {
            assertThat(tree.read("f")).isEqualTo("012xyz6789");
            tree.patch("f", 0, "abc").patch("new", 0, "m");
        });
        assertThat(bench().show(ground)).isEqualTo(before);
        bench().edit(id("one"), tree -> assertThat(tree.read("f")).isEqualTo("012xyz6789"));
        assertThatThrownBy(() -> transfer.fill(id("two"), new ByteArrayInputStream(new TarMaker().bytes())))
                .isInstanceOf(StorageException.class);
    }

    /** As after a filling of an image layer that fails. */
    @Test
    void readWriteLayerWhoseFillingFailsIsEmptyAndCanBeFilled() throws Exception {
        var ground = bench().image("ground", "", new TarMaker().file("f", "x").bytes());
        store().createReadWrite(id("box"), on(ground), NONE);
        var transfer = store().ability(LayerTransfer.class).orElseThrow();
        var archive = new TarMaker().file("new", "n").file("f", "y").bytes();
        assertThatThrownBy(() -> transfer.fill(id("box"), new ByteArrayInputStream(archive, 0, 1024 + 100)))
                .isInstanceOf(StorageException.class);
        assertThat(store().changes(id("box"), on(ground))).isEmpty();
        transfer.fill(id("box"), new ByteArrayInputStream(archive));
        bench().edit(id("box"), tree -> {
            assertThat(tree.read("f")).isEqualTo("y");
            tree.file("writable", "");
        });
    }
}
