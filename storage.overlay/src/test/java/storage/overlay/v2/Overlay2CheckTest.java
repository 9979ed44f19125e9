package storage.overlay.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.LayerCheck;
import storage.api.StorageException;
import storage.overlay.testing.TestStore;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TreeText;

/** Damage of every kind is named, and what can be derived is put back as it was. */
class Overlay2CheckTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    private TestStore test;
    private List<String> before;

    @BeforeEach
    void open() throws IOException {
        Require.root();
        test = new TestStore(FILES.path(), Overlay2Driver::new);
        test.readWrite("a", null);
        test.readWrite("b", "a");
        test.readWrite("c", "b");
        assertThat(check().findings()).isEmpty();
        before = layout();
    }

    @AfterEach
    void close() throws IOException {
        test.close();
    }

    private LayerCheck check() throws IOException {
        return test.store().ability(LayerCheck.class).orElseThrow();
    }

    /** Without times. */
    private List<String> layout() throws IOException {
        return TreeText.lines(TestStore.LINUX, test.home()).stream()
                .map(line -> line.replaceAll(" t=[0-9.]+", ""))
                .toList();
    }

    private void isFoundAndRepaired(String layer, String path) throws IOException {
        assertThat(check().findings()).as("findings").anySatisfy(finding -> {
            assertThat(finding.layer()).isEqualTo(layer);
            assertThat(finding.path())
                    .isEqualTo(
                            "overlay2/" + (path.startsWith("l/") ? path : (layer + "/" + path).replaceFirst("/$", "")));
            assertThat(finding.repairable()).isTrue();
        });
        assertThat(check().repair()).isNotEmpty();
        assertThat(check().findings()).isEmpty();
        assertThat(layout()).isEqualTo(before);
        test.inside("c", tree -> tree.file("works", "again"));
    }

    private String name(String layer) throws IOException {
        return test.files().read(layer + "/link");
    }

    @Test
    void aMissingShortcut() throws IOException {
        var shortcut = "l/" + name("b");
        test.files().remove(shortcut);
        isFoundAndRepaired("b", shortcut);
    }

    @Test
    void aShortcutThatLeadsElsewhere() throws IOException {
        var shortcut = "l/" + name("b");
        test.files().remove(shortcut).symlink(shortcut, "../a/diff");
        isFoundAndRepaired("b", shortcut);
    }

    @Test
    void aMissingLinkFile() throws IOException {
        test.files().remove("b/link");
        isFoundAndRepaired("b", "link");
    }

    @Test
    void aLinkFileAndItsShortcutAreBothMissing() throws IOException {
        test.files().remove("l/" + name("b")).remove("b/link");
        isFoundAndRepaired("b", "link");
    }

    @Test
    void anEmptyLinkFileAsAfterAPowerCut() throws IOException {
        test.files().overwrite("a/link", "");
        isFoundAndRepaired("a", "link");
    }

    @Test
    void aMissingLowerFile() throws IOException {
        test.files().remove("c/lower");
        isFoundAndRepaired("c", "lower");
    }

    @Test
    void aLowerFileThatIsCutOff() throws IOException {
        test.files().overwrite("c/lower", test.files().read("c/lower").substring(0, 40));
        isFoundAndRepaired("c", "lower");
    }

    @Test
    void aLowerFileThatSkipsAnAncestor() throws IOException {
        test.files().overwrite("c/lower", "l/" + name("b"));
        isFoundAndRepaired("c", "lower");
    }

    @Test
    void aMissingWorkFolder() throws IOException {
        test.files().remove("c/work");
        isFoundAndRepaired("c", "work");
    }

    @Test
    void foldersThatOthersMayEnter() throws IOException {
        test.files().mode("b", 0755);
        isFoundAndRepaired("b", "");
    }

    @Test
    void aWorkFolderThatOthersMayEnter() throws IOException {
        test.files().mode("b/work", 0755);
        isFoundAndRepaired("b", "work");
    }

    @Test
    void aShortcutThatLeadsNowhere() throws IOException {
        var shortcut = "l/AAAAAAAAAAAAAAAAAAAAAAAAAA";
        test.files().symlink(shortcut, "../nobody/diff");
        isFoundAndRepaired("nobody", shortcut);
    }

    @Test
    void lostContentIsNamedAndNothingIsRemoved() throws IOException {
        test.files().remove("a/diff");
        assertThat(check().findings())
                .anySatisfy(finding -> {
                    assertThat(finding.layer()).isEqualTo("a");
                    assertThat(finding.path()).isEqualTo("overlay2/a/diff");
                    assertThat(finding.repairable()).isFalse();
                })
                .anySatisfy(finding -> assertThat(finding.problem()).contains("Layer c stands on", "layer a"));
        var damaged = layout();
        check().repair();
        assertThat(layout()).isEqualTo(damaged);
        assertThat(Files.exists(test.home().resolve("a/diff"))).isFalse();
        assertThatThrownBy(() -> test.inside("c", tree -> {}))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("layer a")
                .hasMessageContaining("missing");
        test.files().directory("a/diff");
    }
}
