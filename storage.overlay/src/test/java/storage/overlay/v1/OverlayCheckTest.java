package storage.overlay.v1;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.LayerCheck;
import storage.overlay.testing.TestStore;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TarMaker;

/** Damage of every kind is named, and what can be derived is put back. */
class OverlayCheckTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    private TestStore test;

    @BeforeEach
    void open() throws IOException {
        Require.root();
        test = new TestStore(FILES.path(), OverlayDriver::new);
        test.image("image", null, new TarMaker().file("file", "x"));
        test.readWrite("init", "image");
        test.readWrite("box", "init");
        assertThat(check().findings()).isEmpty();
    }

    @AfterEach
    void close() throws IOException {
        test.close();
    }

    private LayerCheck check() throws IOException {
        return test.store().ability(LayerCheck.class).orElseThrow();
    }

    private void isFound(String layer, String path, boolean repairable) throws IOException {
        assertThat(check().findings()).anySatisfy(finding -> {
            assertThat(finding.layer()).isEqualTo(layer);
            assertThat(finding.path()).isEqualTo(("overlay/" + layer + "/" + path).replaceFirst("/$", ""));
            assertThat(finding.repairable()).isEqualTo(repairable);
        });
    }

    private void isRepaired() throws IOException {
        assertThat(check().repair()).isNotEmpty();
        assertThat(check().findings()).isEmpty();
        test.inside("box", tree -> assertThat(tree.read("file")).isEqualTo("x"));
    }

    @Test
    void lowerIdIsRebuiltFromTheParent() throws IOException {
        test.files().remove("init/lower-id");
        isFound("init", "lower-id", true);
        isRepaired();
        assertThat(test.files().read("init/lower-id")).isEqualTo("image");
        test.files().overwrite("box/lower-id", "");
        isFound("box", "lower-id", true);
        isRepaired();
        assertThat(test.files().read("box/lower-id")).isEqualTo("image");
    }

    @Test
    void lostContentIsNamedAndNothingIsRemoved() throws IOException {
        test.files().remove("image/root");
        isFound("image", "root", false);
        isFound("box", "lower-id", false);
        check().repair();
        isFound("image", "root", false);
        assertThat(test.files().has("box/upper")).isTrue();
        test.files().directory("image/root");
    }

    @Test
    void leftoversOfAFillingAreSetAside() throws IOException {
        test.files().directory("image/tmproot123").file("image/tmproot123/half", "x");
        test.files().directory("image/upper").file("image/lower-id", "other");
        isFound("image", "tmproot123", true);
        isFound("image", "upper", true);
        isFound("image", "lower-id", true);
        isRepaired();
        try (var entries = Files.list(test.home().resolve("image"))) {
            assertThat(entries.map(path -> path.getFileName().toString())).containsExactly("root");
        }
        assertThat(test.root().resolve("storage/quarantine/overlay/image-tmproot123-1/half"))
                .exists();
    }

    @Test
    void foldersThatOthersMayEnter() throws IOException {
        test.files().mode("image", 0755).mode("box/work", 0777);
        isFound("image", "", true);
        isFound("box", "work", true);
        isRepaired();
        assertThat(test.files().stat("image").permissions()).isEqualTo(0710);
    }
}
