package storage.overlay.v1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.linux.MountTable;
import storage.linux.Stat;
import storage.overlay.testing.TestStore;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeText;

/** Names, bytes, modes and shared files of the layout with whole trees. */
class OverlayLayoutTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    private TestStore test;

    @BeforeEach
    void open() throws IOException {
        Require.root();
        test = new TestStore(FILES.path(), OverlayDriver::new);
        test.store();
    }

    @AfterEach
    void close() throws IOException {
        test.close();
    }

    private int mode(String path) throws IOException {
        return test.files().stat(path).permissions();
    }

    private List<String> names(String folder) throws IOException {
        try (var entries = Files.list(test.home().resolve(folder))) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private void images() throws IOException {
        test.image(
                "bottom",
                null,
                new TarMaker().directory("etc", 0755).file("etc/motd", "hello").file("etc/other", "same"));
        test.image("top", "bottom", new TarMaker().file("etc/new", "new"));
    }

    @Test
    void aFilledLayerIsATreeAndNothingElse() throws IOException {
        images();
        assertThat(mode("")).isEqualTo(0710);
        assertThat(names("")).containsExactly("bottom", "top");
        for (var name : List.of("bottom", "top")) {
            assertThat(mode(name)).isEqualTo(0710);
            assertThat(names(name)).containsExactly("root");
            assertThat(mode(name + "/root")).isEqualTo(0755);
        }
        assertThat(test.files().stat("top/root/etc/motd").inode)
                .isEqualTo(test.files().stat("bottom/root/etc/motd").inode);
        assertThat(test.store().metadata(TestStore.id("top"))).isEqualTo(Map.of("RootDir", test.home() + "/top/root"));
    }

    @Test
    void aReadWriteLayerStandsOnTheTreeOfItsParent() throws IOException {
        images();
        test.readWrite("box", "top");
        assertThat(names("box")).containsExactly("lower-id", "upper", "work");
        assertThat(mode("box/lower-id")).isEqualTo(0600);
        assertThat(mode("box/upper")).isEqualTo(0755);
        assertThat(mode("box/work")).isEqualTo(0700);
        assertThat(test.files().read("box/lower-id")).isEqualTo("top");
        var path = test.store().get(TestStore.id("box"), "");
        assertThat(path).isEqualTo(test.home().resolve("box/merged"));
        var entry = MountTable.read().at(path.toString()).orElseThrow();
        assertThat(entry.superOption("lowerdir")).contains(test.home() + "/top/root");
        test.store().put(TestStore.id("box"));
        assertThat(path).doesNotExist();
        assertThat(test.store().metadata(TestStore.id("box")))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "LowerDir", test.home() + "/top/root",
                        "MergedDir", test.home() + "/box/merged",
                        "UpperDir", test.home() + "/box/upper",
                        "WorkDir", test.home() + "/box/work"));
    }

    @Test
    void aLayerOnALayerWithoutTreeBeginsWithACopyOfItsUpper() throws IOException {
        images();
        test.readWrite("init", "top");
        test.inside(
                "init",
                tree -> tree.file("new", "init")
                        .overwrite("etc/motd", "init")
                        .remove("etc/other")
                        .xattr("new", "user.note", new byte[] {1, 2}));
        test.readWrite("box", "init");
        assertThat(test.files().read("box/lower-id")).isEqualTo("top");
        var stat = test.files().stat("box/upper/etc/other");
        assertThat(stat.type()).isEqualTo(Stat.S_IFCHR);
        assertThat(stat.special).isZero();
        test.inside("box", tree -> {
            assertThat(tree.has("etc/other")).isFalse();
            assertThat(tree.read("new")).isEqualTo("init");
            tree.overwrite("new", "box");
        });
        test.inside("init", tree -> assertThat(tree.read("new")).isEqualTo("init"));
    }

    private List<String> trees() throws IOException {
        var lines = new ArrayList<String>();
        for (var name : List.of("bottom", "top", "sibling")) {
            lines.addAll(TreeText.lines(TestStore.LINUX, test.home().resolve(name)));
        }
        return lines;
    }

    @Test
    void whatIsWrittenToAChildChangesNeitherParentNorSiblings() throws IOException {
        images();
        test.image("sibling", "bottom", new TarMaker().file("etc/mine", "mine"));
        var before = trees();
        test.readWrite("box", "top");
        test.inside(
                "box",
                tree -> tree.overwrite("etc/motd", "broken")
                        .mode("etc/other", 0600)
                        .owner("etc/new", 5, 5)
                        .time("etc/other", 5, 5));
        test.image(
                "next",
                "top",
                new TarMaker()
                        .file("etc/motd", "next")
                        .link("etc/other.link", "etc/other")
                        .file("etc/other.link", "not through the link")
                        .directory("etc", 0700));
        assertThat(trees()).isEqualTo(before);
    }

    @Test
    void filesOfALayerThatIsWrittenInPlaceAreNotShared() throws IOException {
        test.readWrite("bottom", null);
        test.inside("bottom", tree -> tree.file("file", "old"));
        test.image("top", "bottom", new TarMaker().file("other", "x"));
        test.inside("bottom", tree -> tree.overwrite("file", "new"));
        assertThat(test.files().read("top/root/file")).isEqualTo("old");
        assertThat(test.files().stat("top/root/file").links).isEqualTo(1);
    }

    @Test
    void aLayerOnOneWithoutTreeIsFilledThroughAMount() throws IOException {
        images();
        test.readWrite("box", "top");
        test.inside("box", tree -> tree.file("boxed", "b"));
        test.image(
                "next",
                "box",
                new TarMaker()
                        .file("next", "n")
                        .whiteout("etc/motd")
                        .opaque("etc")
                        .file("etc/z", "z"));
        assertThat(names("next")).containsExactly("lower-id", "upper", "work");
        test.inside("next", tree -> {
            assertThat(tree.read("boxed")).isEqualTo("b");
            assertThat(tree.read("next")).isEqualTo("n");
            assertThat(tree.read("etc/z")).isEqualTo("z");
            assertThat(tree.has("etc/other")).isFalse();
            assertThatThrownBy(() -> tree.file("more", "m")).isInstanceOf(IOException.class);
        });
        assertThat(test.files().has("next/merged")).isFalse();
    }

    @Test
    void upperTakesTheModeOfTheParentsRoot() throws IOException {
        test.image("bottom", null, new TarMaker().directory("./", 01777));
        test.readWrite("box", "bottom");
        assertThat(mode("box/upper")).isEqualTo(01777);
        test.inside("box", tree -> assertThat(tree.stat("").permissions()).isEqualTo(01777));
    }

    @Test
    void optionsAreRefused() throws IOException {
        var options = LayerOptions.storage(Map.of("size", "1G"));
        assertThatThrownBy(() -> test.store().createReadWrite(TestStore.id("a"), Optional.empty(), options))
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.kind()).isEqualTo(StorageException.Kind.NOT_SUPPORTED);
                    assertThat(e.getMessage()).contains("size");
                });
        assertThat(names("")).isEmpty();
        try (var other = new TestStore(FILES.path(), "other", new OverlayDriver(TestStore.LINUX))) {
            other.with(Map.of("overlay.size", "1G"));
            assertThatThrownBy(other::store)
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.INVALID));
        }
    }

    @Test
    void aFillingThatFailsLeavesTheLayerEmptyAndTheParentWhole() throws IOException {
        images();
        var before = TreeText.capture(TestStore.LINUX, test.home().resolve("bottom"));
        test.store().create(TestStore.id("next"), Optional.of(TestStore.id("top")), LayerOptions.NONE);
        var archive = new TarMaker().file("etc/motd", "next").bytes();
        archive[600] ^= 1;
        var cut = java.util.Arrays.copyOf(archive, 700);
        assertThatThrownBy(() -> test.apply("next", cut)).isInstanceOf(StorageException.class);
        assertThat(names("next")).containsExactly("lower-id", "upper", "work");
        assertThat(TreeText.capture(TestStore.LINUX, test.home().resolve("bottom")))
                .isEqualTo(before);
        test.apply("next", new TarMaker().file("etc/motd", "next").bytes());
        assertThat(names("next")).containsExactly("root");
    }
}
