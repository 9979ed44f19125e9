package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.image.ImageStore.Compression;
import storage.image.ImageStore.Format;
import storage.image.ImageStore.Image;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;

class CommitTest extends ImageStoreTest {
    private static final LayerId BOX = new LayerId("box");

    private Image box() throws IOException {
        var image = bring("app:1", BASE, MIDDLE);
        layers.createReadWrite(BOX, image.top(), LayerOptions.NONE);
        layers.changed(BOX, TOP);
        return image;
    }

    @Test
    void changesBecomeALayer() throws IOException {
        var base = box();
        images.adopt(BOX, base);
        var made = images.commit(BOX, "app:2", Map.of("Cmd", "[\"/srv/app\"]", "Env", "null"), Progress.NONE);
        assertThat(made.names()).containsExactly("app:2");
        assertThat(made.layers())
                .startsWith(base.layers().get(0), base.layers().get(1))
                .hasSize(3);
        assertThat(made.diffIds().get(2)).isEqualTo(Digest.ofBytes(TOP).toString());
        var config = new ObjectMapper().readTree(images.configuration("app:2"));
        assertThat(config.at("/config/Cmd/0").asText()).isEqualTo("/srv/app");
        assertThat(config.at("/config").has("Env")).isFalse();
        assertThat(config.at("/history")).hasSize(3);
        assertThat(config.at("/rootfs/diff_ids")).hasSize(3);
        assertThat(root.resolve("image/fake/imagedb/metadata/sha256")
                        .resolve(made.id().substring(7))
                        .resolve("parent"))
                .hasContent(base.id());
        assertThat(FolderLayers.tree(root.resolve("storage/fake/imports"))).isEmpty();
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
        assertThat(export("app:2", Format.DOCKER, Compression.NONE)).isNotEmpty();
        refused(() -> images.delete(base.id(), false), Kind.IN_USE);
    }

    @Test
    void sameChangesAreStoredOnce() throws IOException {
        box();
        var one = images.commit(BOX, "app:2", Map.of(), Progress.NONE);
        var two = images.commit(BOX, "app:3", Map.of("Cmd", "[]"), Progress.NONE);
        assertThat(two.layers()).isEqualTo(one.layers());
        assertThat(layers.layers()).hasSize(4);
    }

    @Test
    void nothingChangedIsNoLayer() throws IOException {
        var base = box();
        layers.changed(BOX, new byte[1024]);
        var made = images.commit(BOX, "app:2", Map.of(), Progress.NONE);
        assertThat(made.layers()).isEqualTo(base.layers());
        assertThat(new String(images.configuration("app:2"), java.nio.charset.StandardCharsets.UTF_8))
                .contains("\"empty_layer\":true");
        assertThat(layers.layers()).hasSize(3);
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
    }

    @Test
    void engineContainersHaveALayerBetween() throws IOException {
        var base = bring("app:1", BASE);
        var init = new LayerId("ef".repeat(32) + "-init");
        layers.createReadWrite(init, base.top(), LayerOptions.NONE);
        layers.createReadWrite(BOX, Optional.of(init), LayerOptions.NONE);
        layers.changed(BOX, TOP);
        assertThat(images.commit(BOX, "app:2", Map.of(), Progress.NONE).layers())
                .startsWith(base.layers().get(0))
                .hasSize(2);
    }

    @Test
    void layerWithoutAnImageMakesAnImageOfItself() throws IOException {
        layers.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        layers.changed(BOX, BASE);
        var made = images.commit(BOX, "scratch:1", Map.of("Cmd", "[\"/bin/sh\"]"), Progress.NONE);
        assertThat(made.diffIds()).containsExactly(Digest.ofBytes(BASE).toString());
        assertThat(made.os()).isEqualTo("linux");
    }

    @Test
    void refusals() throws IOException {
        var base = box();
        refused(() -> images.commit(new LayerId("nothing"), "a", Map.of(), Progress.NONE), Kind.NOT_FOUND);
        refused(() -> images.commit(base.layers().get(0), "a", Map.of(), Progress.NONE), Kind.INVALID);
        refused(() -> images.commit(BOX, "BAD", Map.of(), Progress.NONE), Kind.INVALID);
        refused(() -> images.commit(BOX, "a", Map.of("Cmd", "[\"x"), Progress.NONE), Kind.INVALID);
        var hand = new LayerId("hand");
        layers.create(hand, Optional.empty(), LayerOptions.NONE);
        var other = new LayerId("other");
        layers.createReadWrite(other, Optional.of(hand), LayerOptions.NONE);
        refused(() -> images.commit(other, "a", Map.of(), Progress.NONE), Kind.INVALID);
        assertThat(images.images()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Cmd|5",
                "Cmd|'/bin/sh'",
                "Cmd|[1]",
                "Env|{}",
                "Labels|[]",
                "Labels|{\"a\":1}",
                "Volumes|{\"/x\":1}",
                "User|7",
                "StopTimeout|1.5",
                "cmd|[]",
                "Nope|1",
                "ArgsEscaped|\"yes\"",
                "Cmd|["
            })
    void changesThatNobodyCouldReadAreRefused(String field, String value) throws IOException {
        box();
        refused(() -> images.commit(BOX, "app:2", Map.of(field, value), Progress.NONE), Kind.INVALID);
        assertThat(images.images()).hasSize(1);
    }

    @Test
    void changesOfEachFormAreTaken() throws IOException {
        box();
        var changes = Map.of(
                "Cmd",
                "[\"a\"]",
                "User",
                "\"7:8\"",
                "Labels",
                "{\"a\":\"b\"}",
                "Volumes",
                "{\"/x\":{}}",
                "StopTimeout",
                "3",
                "Healthcheck",
                "{\"Test\":[\"NONE\"]}",
                "Entrypoint",
                "null");
        images.commit(BOX, "app:2", changes, Progress.NONE);
        assertThat(new String(images.configuration("app:2"), StandardCharsets.UTF_8))
                .contains("\"Cmd\":[\"a\"]", "\"User\":\"7:8\"", "\"StopTimeout\":3");
    }

    @Test
    void parentThatIsNoImageIsNamedWithAWayOut() throws IOException {
        box();
        var above = new LayerId("above");
        layers.createReadWrite(above, Optional.of(BOX), LayerOptions.NONE);
        assertThatThrownBy(() -> images.commit(above, "app:2", Map.of(), Progress.NONE))
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.kind()).isEqualTo(Kind.INVALID);
                    assertThat(e.advice()).contains("Commit box first");
                });
    }
}
