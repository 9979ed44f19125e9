package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException.Kind;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;

class RemovalTest extends ImageStoreTest {
    private static final String ENGINE_ID = "ab".repeat(32);

    @Test
    void lastNameTakesTheImage() throws IOException {
        var image = bring("app:1", BASE, TOP);
        images.tag("app:1", "app:2");
        var first = images.delete("app:1", false);
        assertThat(first.images()).isEmpty();
        assertThat(first.layers()).isEmpty();
        var second = images.delete("app:2", false);
        assertThat(second.images()).containsExactly(image.id());
        assertThat(second.layers())
                .containsExactly(image.layers().get(1), image.layers().get(0));
        assertThat(second.bytes()).isEqualTo(image.size());
        isClean();
    }

    @Test
    void idWithSeveralNamesNeedsForce() throws IOException {
        var image = bring("app:1", BASE);
        images.tag("app:1", "app:2");
        refused(() -> images.delete(image.id(), false), Kind.IN_USE);
        assertThat(images.delete(image.id(), true).images()).containsExactly(image.id());
        assertThat(images.images()).isEmpty();
        refused(() -> images.delete("app:1", true), Kind.NOT_FOUND);
    }

    @Test
    void sharedLayersStay() throws IOException {
        bring("one:1", BASE, MIDDLE);
        var two = bring("two:1", BASE, TOP);
        assertThat(images.delete("one:1", false).layers()).hasSize(1);
        assertThat(images.image("two:1")).isEqualTo(two);
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
    }

    @Test
    void readWriteLayerKeepsItsImage() throws IOException {
        var image = bring("app:1", BASE, TOP);
        var box = new LayerId("box");
        layers.createReadWrite(box, image.top(), LayerOptions.NONE);
        refused(() -> images.delete("app:1", false), Kind.IN_USE);
        images.adopt(box, image);
        refused(() -> images.delete("app:1", false), Kind.IN_USE);
        var forced = images.delete("app:1", true);
        assertThat(forced.images()).hasSize(1);
        assertThat(forced.layers()).as("never what others stand on").isEmpty();
        assertThat(images.prune(false).layers()).isEmpty();
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
        layers.remove(box);
        reopen();
        assertThat(FolderLayers.tree(root.resolve("storage/fake/containers")))
                .as("a record of what is gone")
                .isEmpty();
        assertThat(images.prune(true).layers()).hasSize(2);
        assertThat(images.prune(false).layers()).hasSize(2);
        assertThat(layers.layers()).isEmpty();
    }

    @Test
    void imageOfTheSameLayersFreesTheOther() throws IOException {
        var one = bring("one:1", BASE);
        var layout = new Archives.Layout();
        layout.add(layout.image(
                Archives.config("arm64", List.of(BASE)),
                List.of(BASE),
                "application/vnd.oci.image.layer.v1.tar",
                Archives.named("two:1")));
        var two = bring(layout.tar()).get(0);
        var box = new LayerId("box");
        layers.createReadWrite(box, two.top(), LayerOptions.NONE);
        images.adopt(box, two);
        assertThat(images.delete("one:1", false).images()).containsExactly(one.id());
        refused(() -> images.delete("two:1", false), Kind.IN_USE);
    }

    @Test
    void engineContainerTellsItsImage() throws IOException {
        var one = bring("one:1", BASE);
        var layout = new Archives.Layout();
        layout.add(layout.image(
                Archives.config("arm64", List.of(BASE)),
                List.of(BASE),
                "application/vnd.oci.image.layer.v1.tar",
                Archives.named("two:1")));
        bring(layout.tar());
        layers.createReadWrite(new LayerId(ENGINE_ID), one.top(), LayerOptions.NONE);
        var mount = Files.createDirectories(root.resolve("image/fake/layerdb/mounts/cd"));
        Files.writeString(mount.resolve("mount-id"), ENGINE_ID);
        Files.writeString(mount.resolve("parent"), Digest.ofBytes(BASE).toString());
        var container = Files.createDirectories(root.resolve("containers/cd"));
        Files.writeString(container.resolve("config.v2.json"), "{\"Image\":\"" + one.id() + "\",\"Name\":\"/c\"}");
        refused(() -> images.delete("one:1", false), Kind.IN_USE);
        images.delete("two:1", false);
    }

    @Test
    void adoptTellsTheEngineWhatItCanRead() throws IOException {
        var image = bring("app:1", BASE, TOP);
        var mounts = root.resolve("image/fake/layerdb/mounts");
        for (var name : List.of("box", ENGINE_ID)) {
            layers.createReadWrite(new LayerId(name), image.top(), LayerOptions.NONE);
            images.adopt(new LayerId(name), image);
        }
        assertThat(mounts.resolve("box")).doesNotExist();
        assertThat(Files.readString(mounts.resolve(ENGINE_ID).resolve("mount-id")))
                .isEqualTo(ENGINE_ID);
        assertThat(Digest.find(Files.readString(mounts.resolve(ENGINE_ID).resolve("parent"))))
                .isPresent();
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
        layers.remove(new LayerId(ENGINE_ID));
        reopen();
        assertThat(mounts.resolve(ENGINE_ID)).doesNotExist();
        refused(() -> images.adopt(new LayerId("nothing"), image), Kind.NOT_FOUND);
    }

    @Test
    void pruneTakesImagesWithoutNamesAndOrphans() throws IOException {
        var old = bring("app:1", BASE, MIDDLE);
        bring("app:1", BASE, TOP);
        var hand = new LayerId("by-hand");
        layers.create(hand, Optional.empty(), LayerOptions.NONE);
        var orphan = new LayerId("cd".repeat(32));
        layers.create(orphan, Optional.empty(), LayerOptions.NONE);
        var dry = images.prune(true);
        assertThat(dry.images()).containsExactly(old.id());
        assertThat(dry.layers()).containsExactlyInAnyOrder(old.layers().get(1), orphan);
        assertThat(dry.bytes()).isEqualTo(3000);
        assertThat(images.images()).as("only looked").hasSize(2);
        assertThat(images.prune(false)).isEqualTo(dry);
        assertThat(images.prune(false).layers()).isEmpty();
        assertThat(layers.exists(hand)).isTrue();
        assertThat(images.images()).hasSize(1);
    }

    @Test
    void heldLayerIsLeftToALaterPrune() throws IOException {
        var image = bring("app:1", BASE, TOP);
        layers.get(image.layers().get(0), "");
        var gone = images.delete("app:1", false);
        assertThat(gone.layers()).containsExactly(image.layers().get(1));
        layers.put(image.layers().get(0));
        assertThat(images.prune(false).layers()).containsExactly(image.layers().get(0));
        isClean();
    }

    @Test
    void nothingIsTakenAwayWhileSomethingIsDamaged() throws IOException {
        bring("one:1", BASE);
        var two = bring("two:1", TOP);
        Files.writeString(
                root.resolve("image/fake/imagedb/content/sha256")
                        .resolve(two.id().substring(7)),
                "{");
        refused(() -> images.prune(false), Kind.DAMAGED);
        refused(() -> images.delete("one:1", false), Kind.DAMAGED);
        assertThat(layers.layers()).hasSize(2);
    }
}
