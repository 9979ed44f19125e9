package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;

/** Image layers are filled from archives that nobody vouches for. */
abstract class ArchiveRules extends StoreRules {
    private LayerId base() throws IOException {
        return bench().image(
                        "ground",
                        "",
                        new TarMaker()
                                .directory("etc", 0755)
                                .file("etc/motd", "hello")
                                .file("etc/conf", "0123456789")
                                .entry("data/", TarConstants.LF_DIR, new byte[0], e -> {
                                    e.setMode(01700);
                                    if (bench().privileged()) {
                                        e.setIds(7, 8);
                                    }
                                })
                                .file("data/keep", "k")
                                .directory("usr", 0755)
                                .directory("usr/bin", 0755)
                                .file("usr/bin/sh", "#!")
                                .symlink("bin", "usr/bin")
                                .symlink("abs", "/usr/bin")
                                .bytes());
    }

    private TreeMaker look(LayerId layer) throws IOException {
        // the path is good until the last put; the conformance of get and put is tested elsewhere
        var path = store().get(layer, "");
        return new TreeMaker(bench().linux(), path);
    }

    @Test
    void sizeIsTheSumOfTheFiles() throws Exception {
        store().create(id("a"), NOTHING, NONE);
        var archive = new TarMaker()
                .file("one", "12345")
                .file("two", "678")
                .link("three", "one")
                .symlink("four", "one")
                .directory("d", 0755);
        assertThat(store().applyDiff(id("a"), archive.stream())).isEqualTo(8);
        assertThat(store().diffSize(id("a"), NOTHING)).isEqualTo(8);
    }

    @Test
    void entryOfTheRootItselfIsTaken() throws Exception {
        bench().image(
                        "a",
                        "",
                        new TarMaker().directory("./", 0700).file("./f", "x").bytes());
        assertThat(look(id("a")).stat("").permissions()).isEqualTo(0700);
        assertThat(look(id("a")).read("f")).isEqualTo("x");
    }

    @Test
    void parentsThatNoEntryNamesTakeAfterTheNearestLower() throws Exception {
        base();
        bench().image(
                        "a",
                        "ground",
                        new TarMaker().file("data/new", "n").file("x/y/z", "z").bytes());
        var tree = look(id("a"));
        assertThat(tree.stat("data").permissions()).isEqualTo(01700);
        if (bench().privileged()) {
            assertThat(tree.stat("data").uid).isEqualTo(bench().outside(7));
            assertThat(tree.stat("data").gid).isEqualTo(bench().outside(8));
        }
        assertThat(tree.stat("x/y").permissions()).isEqualTo(0755);
        assertThat(tree.read("data/keep")).isEqualTo("k");
    }

    @Test
    void whiteoutsHideLowerLayersOnlyInWhateverOrder() throws Exception {
        base();
        bench().image(
                        "after",
                        "ground",
                        new TarMaker()
                                .file("etc/motd", "mine")
                                .whiteout("etc/motd")
                                .file("usr/new", "n")
                                .opaque("usr")
                                .bytes());
        bench().image(
                        "before",
                        "ground",
                        new TarMaker()
                                .whiteout("etc/motd")
                                .file("etc/motd", "mine")
                                .opaque("usr")
                                .file("usr/new", "n")
                                .bytes());
        for (var name : new String[] {"after", "before"}) {
            var tree = look(id(name));
            assertThat(tree.read("etc/motd")).as(name).isEqualTo("mine");
            assertThat(tree.read("usr/new")).as(name).isEqualTo("n");
            assertThat(tree.has("usr/bin")).as(name).isFalse();
            assertThat(tree.has("etc/conf")).as(name).isTrue();
        }
        assertThat(bench().show(id("after")).keySet())
                .isEqualTo(bench().show(id("before")).keySet());
    }

    @Test
    void whiteoutOfNothingIsHarmless() throws Exception {
        base();
        bench().image(
                        "a",
                        "ground",
                        new TarMaker()
                                .whiteout("none")
                                .whiteout("no/such/file")
                                .file("f", "x")
                                .bytes());
        assertThat(look(id("a")).read("etc/motd")).isEqualTo("hello");
        assertThat(look(id("a")).has("none")).isFalse();
    }

    @Test
    void whiteoutStaysWhenMoreLayersCome() throws Exception {
        base();
        bench().image("a", "ground", new TarMaker().whiteout("etc").bytes());
        bench().image(
                        "b",
                        "a",
                        new TarMaker()
                                .directory("etc", 0700)
                                .file("etc/new", "n")
                                .bytes());
        var tree = look(id("b"));
        assertThat(tree.has("etc/motd")).isFalse();
        assertThat(tree.read("etc/new")).isEqualTo("n");
        assertThat(tree.stat("etc").permissions()).isEqualTo(0700);
    }

    @Test
    void entriesGoThroughLinksOfLowerLayersAndStayInside() throws Exception {
        base();
        bench().image(
                        "a",
                        "ground",
                        new TarMaker()
                                .file("bin/new", "1")
                                .file("abs/other", "2")
                                .whiteout("bin/sh")
                                .bytes());
        var tree = look(id("a"));
        assertThat(tree.stat("bin").isSymlink()).isTrue();
        assertThat(tree.read("usr/bin/new")).isEqualTo("1");
        assertThat(tree.read("usr/bin/other")).isEqualTo("2");
        assertThat(tree.has("usr/bin/sh")).isFalse();
        assertThat(Files.exists(java.nio.file.Path.of("/usr/bin/other"))).isFalse();
        try (var files = store().files(id("a"))) {
            for (var name : List.of("usr/bin/new", "bin/new", "/abs/../abs/new", "abs/new")) {
                if (name.contains("..")) {
                    refused(Kind.NOT_FOUND, () -> files.open(name));
                } else {
                    try (var in = files.open(name)) {
                        assertThat(in.readAllBytes()).as(name).asString().isEqualTo("1");
                    }
                }
            }
            refused(Kind.NOT_FOUND, () -> files.open("bin"));
        }
    }

    @Test
    void linksToLowerFilesNeverChangeThem() throws Exception {
        var base = base();
        var before = bench().show(base);
        bench().image(
                        "a",
                        "ground",
                        new TarMaker()
                                .link("etc/second", "etc/conf")
                                .file("etc/conf", "rewritten!")
                                .bytes());
        assertThat(look(id("a")).read("etc/conf")).isEqualTo("rewritten!");
        assertThat(look(id("a")).read("etc/second")).isEqualTo("0123456789");
        assertThat(bench().show(base)).isEqualTo(before);
    }

    @Test
    void laterEntryOfANameWins() throws Exception {
        bench().image(
                        "a",
                        "",
                        new TarMaker()
                                .file("f", "first")
                                .link("g", "f")
                                .file("f", "second")
                                .file("d", "a file")
                                .directory("d", 0755)
                                .file("d/x", "x")
                                .bytes());
        var tree = look(id("a"));
        assertThat(tree.read("f")).isEqualTo("second");
        assertThat(tree.read("g")).isEqualTo("first");
        assertThat(tree.read("d/x")).isEqualTo("x");
    }

    @Test
    void timesModesAndOwnersAreThoseOfTheArchive() throws Exception {
        var owned = bench().privileged();
        bench().image(
                        "a",
                        "",
                        new TarMaker()
                                .entry("d/", TarConstants.LF_DIR, new byte[0], e -> e.setMode(0500))
                                .entry("d/f", TarConstants.LF_NORMAL, "x".getBytes(StandardCharsets.UTF_8), e -> {
                                    e.setMode(04751);
                                    if (owned) {
                                        e.setIds(1000, 2_000_000);
                                    }
                                    e.setLastModifiedTime(java.nio.file.attribute.FileTime.from(
                                            java.time.Instant.ofEpochSecond(1_300_000_000L, 123_456_700)));
                                })
                                .bytes());
        var tree = look(id("a"));
        var file = tree.stat("d/f");
        assertThat(file.permissions()).isEqualTo(04751);
        assertThat(file.modifiedSeconds).isEqualTo(1_300_000_000L);
        assertThat(file.modifiedNanos).isEqualTo(123_456_700);
        if (owned) {
            assertThat(file.uid).isEqualTo(bench().outside(1000));
            assertThat(file.gid).isEqualTo(bench().outside(2_000_000));
        }
        assertThat(tree.stat("d").permissions()).isEqualTo(0500);
        assertThat(tree.stat("d").modifiedSeconds).as("after what is in it").isEqualTo(1_400_000_000L);
    }

    @Test
    void emptyArchiveIsAnEmptyLayer() throws Exception {
        base();
        bench().image("a", "ground", new TarMaker().bytes());
        assertThat(bench().show(id("a"))).isEqualTo(bench().show(id("ground")));
        assertThat(store().changes(id("a"), on(id("ground")))).isEmpty();
    }

    @Test
    void archiveIsReadToTheEndOfTheStream() throws Exception {
        store().create(id("a"), NOTHING, NONE);
        var rest = new ByteArrayInputStream(new byte[100_000]);
        store().applyDiff(id("a"), new SequenceInputStream(new TarMaker().file("f", "x").stream(), rest));
        assertThat(rest.available()).isZero();
    }

    /** The layer is as it was: there, whole, empty, and ready for a good archive. */
    private void assertEmptyAsBefore(LayerId layer, LayerId base) throws Exception {
        assertThat(store().layer(layer).orElseThrow().state()).isEqualTo(Layer.State.COMPLETE);
        assertThat(bench().show(layer)).isEqualTo(bench().show(base));
        store().applyDiff(layer, new TarMaker().file("good", "g").stream());
        assertThat(look(layer).read("good")).isEqualTo("g");
        store().put(layer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../up", "/../../up", "a/../../up", "..", ".wh..wh.plnk", "etc/.wh..wh.aufs", ".wh."})
    void namesThatCannotBeAreRefused(String name) throws Exception {
        var base = base();
        store().create(id("a"), on(base), NONE);
        var archive = new TarMaker().file("first", "f").file(name, "x").bytes();
        try {
            store().applyDiff(id("a"), new ByteArrayInputStream(archive));
        } catch (StorageException e) {
            assertThat(e.kind()).isEqualTo(Kind.BAD_ARCHIVE);
            assertEmptyAsBefore(id("a"), base);
            return;
        }
        // taken as a name inside, which is as good
        assertThat(name).contains("..").doesNotContain(".wh.");
        assertThat(bench().root().resolve("up")).doesNotExist();
        assertThat(bench().root().resolveSibling("up")).doesNotExist();
    }

    @Test
    void brokenArchivesLeaveTheLayerAsItWas() throws Exception {
        var base = base();
        var whole = new TarMaker().file("f", "x".repeat(5000)).file("g", "y").bytes();
        var broken = new byte[][] {
            Arrays.copyOf(whole, 700),
            Arrays.copyOf(whole, 3000),
            "this is no archive at all, but long enough for a header".repeat(20).getBytes(StandardCharsets.US_ASCII),
            new TarMaker().link("l", "no/such/target").bytes()
        };
        for (var i = 0; i < broken.length; i++) {
            var layer = id("broken-" + i);
            var archive = new ByteArrayInputStream(broken[i]);
            store().create(layer, on(base), NONE);
            refused(Kind.BAD_ARCHIVE, layer, () -> store().applyDiff(layer, archive));
            assertEmptyAsBefore(layer, base);
        }
    }

    /** A connection that breaks at the first byte. */
    private static final class FailingStream extends InputStream {
        private final IOException failure;

        FailingStream(IOException failure) {
            this.failure = failure;
        }

        @Override
        public int read() throws IOException {
            throw failure;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            throw failure;
        }
    }

    @Test
    void streamThatFailsLeavesTheLayerAsItWas() throws Exception {
        var base = base();
        store().create(id("a"), on(base), NONE);
        var failure = new IOException("the other end hung up");
        var archive = new SequenceInputStream(
                new ByteArrayInputStream(
                        Arrays.copyOf(new TarMaker().file("f", "x".repeat(5000)).bytes(), 3000)),
                new FailingStream(failure));
        assertThatThrownBy(() -> store().applyDiff(id("a"), archive)).isSameAs(failure);
        assertEmptyAsBefore(id("a"), base);
    }

    @Test
    void onlyAnEmptyFreeImageLayerIsFilled() throws Exception {
        var base = base();
        var archive = new TarMaker().file("f", "x").bytes();
        refused(Kind.INVALID, base, () -> store().applyDiff(base, new ByteArrayInputStream(archive)));
        store().createReadWrite(id("box"), on(base), NONE);
        refused(Kind.INVALID, id("box"), () -> store().applyDiff(id("box"), new ByteArrayInputStream(archive)));

        store().create(id("held"), on(base), NONE);
        try (var mount = store().mount(id("held"))) {
            assertThat(mount.layer()).isEqualTo(id("held"));
            refused(Kind.IN_USE, id("held"), () -> store().applyDiff(id("held"), new ByteArrayInputStream(archive)));
        }
        store().create(id("parent"), on(base), NONE);
        store().create(id("child"), on(id("parent")), NONE);
        refused(
                Kind.HAS_CHILDREN,
                id("parent"),
                () -> store().applyDiff(id("parent"), new ByteArrayInputStream(archive)));
        store().remove(id("child"));
        store().applyDiff(id("parent"), new ByteArrayInputStream(archive));
        bench().reopen();
        refused(Kind.INVALID, id("parent"), () -> store().applyDiff(id("parent"), new ByteArrayInputStream(archive)));
    }

    @Test
    void devicesComeFromArchives() throws Exception {
        bench().image("a", "", new TarMaker().device("null", 1, 3).bytes());
        var archive = bench().diff(id("a"), NOTHING);
        store().create(id("b"), NOTHING, NONE);
        store().applyDiff(id("b"), new ByteArrayInputStream(archive));
        assertSameArchive(bench().diff(id("b"), NOTHING), archive);
        if (bench().privileged()) {
            var stat = look(id("b")).stat("null");
            assertThat(stat.special).isEqualTo(storage.linux.Stat.device(1, 3));
        }
    }
}
