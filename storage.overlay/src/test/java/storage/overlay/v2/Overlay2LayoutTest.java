package storage.overlay.v2;

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
import storage.linux.Errno;
import storage.linux.MountTable;
import storage.overlay.testing.TestStore;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;

/** Names, bytes, modes: what an engine would find. */
class Overlay2LayoutTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    private TestStore test;

    @BeforeEach
    void open() throws IOException {
        Require.root();
        test = new TestStore(FILES.path(), Overlay2Driver::new);
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
        try (var entries = java.nio.file.Files.list(test.home().resolve(folder))) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void homeIsTheEnginesAndHoldsNothingOfOurs() throws IOException {
        assertThat(mode("")).isEqualTo(0710);
        assertThat(mode("l")).isEqualTo(0700);
        assertThat(names("")).containsExactly("l");
        test.readWrite("one", null);
        assertThat(names("")).containsExactly("l", "one");
    }

    @Test
    void aLayerOnNothingHasNeitherLowerNorWork() throws IOException {
        test.readWrite("bottom", null);
        assertThat(names("bottom")).containsExactly("diff", "link");
        assertThat(mode("bottom")).isEqualTo(0710);
        assertThat(mode("bottom/diff")).isEqualTo(0755);
        assertThat(mode("bottom/link")).isEqualTo(0644);
        assertThat(test.files().read("bottom/link")).matches("[A-Z2-7]{26}");
    }

    @Test
    void aChildNamesItsAncestorsNearestFirst() throws IOException {
        test.readWrite("a", null);
        test.readWrite("b", "a");
        test.readWrite("c", "b");
        var a = test.files().read("a/link");
        var b = test.files().read("b/link");
        var c = test.files().read("c/link");
        assertThat(test.files().read("b/lower")).isEqualTo("l/" + a);
        assertThat(test.files().read("c/lower")).isEqualTo("l/" + b + ":l/" + a);
        assertThat(mode("c/lower")).isEqualTo(0644);
        assertThat(mode("c/work")).isEqualTo(0700);
        assertThat(names("l")).containsExactlyInAnyOrder(a, b, c);
        assertThat(java.nio.file.Files.readSymbolicLink(test.home().resolve("l/" + c)))
                .hasToString("../c/diff");
    }

    @Test
    void aChildCommitsItsParent() throws IOException {
        test.readWrite("a", null);
        assertThat(test.files().has("a/committed")).isFalse();
        test.readWrite("b", "a");
        assertThat(mode("a/committed")).isEqualTo(0600);
        assertThat(test.files().read("a/committed")).isEmpty();
        assertThat(test.files().has("b/committed")).isFalse();
    }

    @Test
    void removedLayersLeaveNothing() throws IOException {
        test.readWrite("a", null);
        test.readWrite("b", "a");
        test.inside("b", tree -> tree.file("file", "text"));
        assertThatThrownBy(() -> test.store().remove(TestStore.id("a")))
                .isInstanceOfSatisfying(
                        StorageException.class,
                        e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.HAS_CHILDREN));
        test.store().remove(TestStore.id("b"));
        test.store().remove(TestStore.id("a"));
        assertThat(names("")).containsExactly("l");
        assertThat(names("l")).isEmpty();
    }

    @Test
    void aMountIsWhereTheEngineHasItAndGoesWithTheLastPut() throws IOException {
        test.readWrite("a", null);
        test.readWrite("b", "a");
        var id = TestStore.id("b");
        var path = test.store().get(id, "");
        assertThat(path).isEqualTo(test.home().resolve("b/merged"));
        var entry = MountTable.read().at(path.toString()).orElseThrow();
        assertThat(entry.type()).isEqualTo("overlay");
        assertThat(entry.superOption("lowerdir"))
                .contains(test.home() + "/l/" + test.files().read("a/link"));
        assertThat(entry.superOption("upperdir")).contains(test.home() + "/b/diff");
        assertThat(entry.superOption("workdir")).contains(test.home() + "/b/work");
        assertThat(test.store().get(id, "")).isEqualTo(path);
        test.store().put(id);
        assertThat(MountTable.read().isMounted(path.toString())).isTrue();
        test.store().put(id);
        assertThat(MountTable.read().isMounted(path.toString())).isFalse();
        assertThat(path).doesNotExist();
    }

    @Test
    void metadataAndStatusAreTheEngines() throws IOException {
        test.readWrite("a", null);
        test.readWrite("b", "a");
        test.readWrite("c", "b");
        var home = test.home() + "/";
        assertThat(test.store().metadata(TestStore.id("c")))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "LowerDir", home + "b/diff:" + home + "a/diff",
                        "MergedDir", home + "c/merged",
                        "UpperDir", home + "c/diff",
                        "WorkDir", home + "c/work"));
        assertThat(test.store().metadata(TestStore.id("a"))).doesNotContainKey("LowerDir");
        assertThat(test.store().status().keySet())
                .containsExactly("Backing Filesystem", "Supports d_type", "Native Overlay Diff", "userxattr");
        assertThat(test.store().status()).containsEntry("Supports d_type", "true");
    }

    @Test
    void childrenShareWithoutCopies() throws IOException {
        test.readWrite("a", null);
        test.inside("a", tree -> tree.file("file", "old").directory("folder").file("folder/deep", "x"));
        test.readWrite("b", "a");
        test.readWrite("c", "a");
        assertThat(names("b/diff")).isEmpty();
        test.inside("b", tree -> tree.overwrite("file", "new").remove("folder"));
        test.inside("c", tree -> {
            assertThat(tree.read("file")).isEqualTo("old");
            assertThat(tree.read("folder/deep")).isEqualTo("x");
        });
        assertThat(test.changes("b", "a")).containsExactly("C /file", "D /folder");
        assertThat(test.changes("c", "a")).isEmpty();
        assertThat(test.store().diffSize(TestStore.id("b"), Optional.of(TestStore.id("a"))))
                .isEqualTo(3);
    }

    @Test
    void committedAndImageLayersCannotBeWrittenTo() throws IOException {
        test.readWrite("a", null);
        test.readWrite("b", "a");
        test.readWrite("c", "b");
        test.store().create(TestStore.id("i"), Optional.of(TestStore.id("b")), LayerOptions.NONE);
        for (var name : List.of("a", "b", "i")) {
            assertThatThrownBy(() -> test.inside(name, tree -> tree.file("file", "text")))
                    .as(name)
                    .hasMessageContaining(Errno.name(Errno.EROFS));
            assertThat(test.files().has(name + "/merged")).as(name).isFalse();
        }
        test.inside("c", tree -> tree.file("file", "text"));
    }

    @Test
    void whatWasMountedBeforeItsFirstChildIsReadOnlyAfterIt() throws IOException {
        test.readWrite("a", null);
        test.readWrite("b", "a");
        test.inside("b", tree -> tree.file("file", "text"));
        test.inside("b", tree -> tree.file("second", "text"));
        test.readWrite("c", "b");
        assertThatThrownBy(() -> test.inside("b", tree -> tree.file("third", "text")))
                .hasMessageContaining(Errno.name(Errno.EROFS));
    }

    @Test
    void aLayerThatIsMadeAgainStandsOnItsNewParent() throws IOException {
        test.readWrite("a", null);
        test.inside("a", tree -> tree.file("of a", ""));
        test.readWrite("b", null);
        test.inside("b", tree -> tree.file("of b", ""));
        for (var parent : List.of("a", "b", "a")) {
            test.readWrite("c", parent);
            test.inside("c", tree -> assertThat(tree.has("of " + parent)).isTrue());
            test.store().remove(TestStore.id("c"));
        }
    }

    @Test
    void theSecondMountReadsNothingAndTheNextStoreEverything() throws IOException {
        test.readWrite("a", null);
        test.readWrite("b", "a");
        test.inside("b", tree -> tree.file("file", "text"));
        Files.writeString(test.home().resolve("b/lower"), "nothing");
        test.inside("b", tree -> assertThat(tree.has("file")).isTrue());
        test.reopen();
        assertThatThrownBy(() -> test.inside("b", tree -> {})).hasMessageContaining("lower");
    }

    @Test
    void rootsKeepTheParentsModeAndOwner() throws IOException {
        test.readWrite("a", null);
        test.inside("a", tree -> tree.mode("", 01777).owner("", 7, 8).xattr("", "user.note", new byte[] {1}));
        test.readWrite("b", "a");
        test.inside("b", tree -> {
            assertThat(tree.stat("").permissions()).isEqualTo(01777);
            assertThat(tree.stat("").uid).isEqualTo(7);
            assertThat(tree.stat("").gid).isEqualTo(8);
        });
        assertThat(test.changes("b", "a")).isEmpty();
    }

    @Test
    void standsOn128AncestorsAndNoMore() throws IOException {
        var names = new ArrayList<String>();
        for (var i = 0; i <= Lowers.MAX + 1; i++) {
            names.add(String.format("layer-%03d", i));
        }
        test.readWrite(names.get(0), null);
        test.inside(names.get(0), tree -> tree.file("file-000", "0"));
        for (var i = 1; i <= Lowers.MAX; i++) {
            test.readWrite(names.get(i), names.get(i - 1));
            var file = String.format("file-%03d", i);
            test.inside(names.get(i), tree -> tree.file(file, file));
        }
        test.inside(names.get(Lowers.MAX), tree -> {
            for (var i = 0; i <= Lowers.MAX; i++) {
                assertThat(tree.has(String.format("file-%03d", i))).isTrue();
            }
        });
        assertThat(test.changes(names.get(Lowers.MAX), names.get(Lowers.MAX - 1)))
                .containsExactly("A /file-128");
        var last = names.get(Lowers.MAX + 1);
        assertThatThrownBy(() -> test.readWrite(last, names.get(Lowers.MAX)))
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.kind()).isEqualTo(StorageException.Kind.LIMIT_EXCEEDED);
                    assertThat(e.advice()).isNotEmpty();
                });
        assertThat(test.files().has(last)).isFalse();
        assertThat(test.store().exists(TestStore.id(last))).isFalse();
        assertThat(test.files().has(names.get(Lowers.MAX) + "/committed")).isFalse();
    }
}
