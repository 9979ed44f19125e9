package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.Layer;
import storage.api.LayerCheck.Finding;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.image.ImageStore.Image;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;

class CheckTest extends ImageStoreTest {
    private Image image;
    private Path chain;

    @BeforeEach
    void bring() throws IOException {
        image = bring("app:1", BASE, MIDDLE, TOP);
        bring("other:1", TOP);
        var chains = ImageConfig.chains(List.of(Digest.ofBytes(BASE), Digest.ofBytes(MIDDLE)));
        chain = root.resolve("image/fake/layerdb/sha256").resolve(chains.get(1).hex());
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
    }

    private List<Finding> findings() throws IOException {
        return images.findings(true, Progress.NONE);
    }

    private void repaired() throws IOException {
        assertThat(images.repair()).isNotEmpty();
        assertThat(findings().stream().filter(Finding::repairable)).isEmpty();
        assertThat(images.image("other:1").names()).containsExactly("other:1");
        assertThat(layers.layers()).as("no layer is deleted").hasSize(4);
    }

    /** After the repair, another import and a prune everything is as it should be. */
    private void comesBack() throws IOException {
        var before = Set.copyOf(ids());
        repaired();
        assertThat(bring("app:1", BASE, MIDDLE, TOP).id()).isEqualTo(image.id());
        var replaced = new HashSet<>(before);
        replaced.removeAll(images.image("app:1").layers());
        replaced.removeAll(images.image("other:1").layers());
        assertThat(findings())
                .as("layers that lost their record")
                .allMatch(finding -> finding.problem().contains("set aside"))
                .extracting(finding -> new LayerId(finding.layer()))
                .containsExactlyInAnyOrderElementsOf(replaced);
        assertThat(images.prune(false).layers()).containsExactlyInAnyOrderElementsOf(replaced);
        assertThat(findings()).isEmpty();
    }

    private List<LayerId> ids() throws IOException {
        return layers.layers().stream().map(Layer::id).toList();
    }

    @Test
    void layerOnADamagedOneIsNamedUntilItGoes() throws IOException {
        var box = new LayerId("box");
        layers.createReadWrite(box, Optional.of(image.layers().get(2)), LayerOptions.NONE);
        images.adopt(box, image);
        Files.writeString(chain.resolve("cache-id"), "");
        images.repair();
        assertThat(images.prune(true).layers())
                .as("what an image waits for is not taken away")
                .isEmpty();
        bring("app:1", BASE, MIDDLE, TOP);
        assertThat(findings())
                .anySatisfy(finding -> assertThat(finding.problem()).contains("box stands on it"));
        images.prune(false);
        assertThat(ids()).contains(box, image.layers().get(2));
        layers.remove(box);
        images.prune(false);
        assertThat(ids()).doesNotContain(image.layers().get(2));
    }

    @Test
    void imageThatCannotBeUsedIsToldOf() throws IOException {
        assertThat(images.unusable()).isEmpty();
        Files.delete(chain.resolve("diff"));
        assertThat(images.images()).hasSize(1);
        assertThat(images.unusable()).singleElement().satisfies(unusable -> {
            assertThat(unusable.id()).isEqualTo(image.id());
            assertThat(unusable.names()).containsExactly("app:1");
            assertThat(unusable.problem()).isNotBlank();
        });
    }

    @Test
    void flippedByteIsNamedByLayer() throws IOException {
        var layer = image.layers().get(1);
        var split = chain.resolve("tar-split.json.gz");
        var bytes = Files.readAllBytes(split);
        bytes[bytes.length / 2] ^= 1;
        Files.write(split, bytes);
        assertThat(images.findings(false, Progress.NONE))
                .as("content is read in full only")
                .isEmpty();
        assertThat(findings()).extracting(Finding::layer).containsExactly(layer.value());
        comesBack();
    }

    @ParameterizedTest
    @ValueSource(strings = {"diff", "size", "parent"})
    void whatTheImageTellsIsRebuilt(String file) throws IOException {
        Files.delete(chain.resolve(file));
        assertThat(findings()).filteredOn(Finding::repairable).hasSize(1);
        repaired();
        assertThat(findings()).isEmpty();
        assertThat(images.image("app:1").id()).isEqualTo(image.id());
    }

    @Test
    void lostCacheIdIsNotGuessed() throws IOException {
        Files.writeString(chain.resolve("cache-id"), "../../x");
        assertThat(findings()).filteredOn(Finding::repairable).hasSize(1);
        repaired();
        bring("app:1", BASE, MIDDLE, TOP);
        assertThat(findings())
                .as("kept, but nothing knows it any more")
                .extracting(Finding::layer)
                .containsExactlyInAnyOrder(
                        image.layers().get(1).value(), image.layers().get(2).value());
    }

    @Test
    void missingLayerIsNamed() throws IOException {
        var top = image.layers().get(2);
        layers.remove(top);
        assertThat(findings()).extracting(Finding::layer).containsExactly(top.value());
        assertThat(images.repair()).hasSize(1);
        assertThat(bring("app:1", BASE, MIDDLE, TOP).layers()).doesNotContain(top);
        assertThat(findings()).isEmpty();
    }

    @Test
    void damagedConfigurationIsSetAsideWithItsName() throws IOException {
        var file = root.resolve("image/fake/imagedb/content/sha256")
                .resolve(image.id().substring(7));
        Files.writeString(file, "{\"cut");
        assertThat(findings())
                .anySatisfy(finding ->
                        assertThat(finding.path()).endsWith(image.id().substring(7)));
        assertThat(images.images()).hasSize(1);
        comesBack();
        assertThat(FolderLayers.tree(root.resolve("storage/quarantine/image/fake")))
                .anyMatch(kept -> kept.endsWith(image.id().substring(7)))
                .anyMatch(kept -> kept.endsWith("repositories.json"));
    }

    @Test
    void cutOffNamesAreSaved() throws IOException {
        var file = root.resolve("image/fake/repositories.json");
        var text = Files.readString(file);
        Files.writeString(file, text.substring(0, text.indexOf("\"other\":{") + 5));
        assertThat(findings()).extracting(Finding::path).containsExactly("image/fake/repositories.json");
        images.repair();
        assertThat(images.image("app:1").names()).containsExactly("app:1");
        assertThat(findings()).isEmpty();
    }

    @Test
    void nameOfAMissingImage() throws IOException {
        Files.delete(root.resolve("image/fake/imagedb/content/sha256")
                .resolve(image.id().substring(7)));
        assertThat(findings()).singleElement().satisfies(finding -> {
            assertThat(finding.problem()).contains("app:1");
            assertThat(finding.repairable()).isTrue();
        });
        comesBack();
    }

    @Test
    void orphansAreNamed() throws IOException {
        var left = new LayerId("cd".repeat(32));
        layers.create(left, Optional.empty(), LayerOptions.NONE);
        layers.create(new LayerId("by-hand"), Optional.empty(), LayerOptions.NONE);
        layers.createReadWrite(new LayerId("box"), Optional.empty(), LayerOptions.NONE);
        var foreign = new LayerId("foreign");
        layers.createReadWrite(foreign, Optional.empty(), LayerOptions.NONE);
        Files.delete(root.resolve("storage/fake/layers/foreign.json"));
        assertThat(findings()).extracting(Finding::layer).containsExactly(left.value(), "foreign");
    }

    @Test
    void damagedContainerRecords() throws IOException {
        var box = new LayerId("box");
        layers.createReadWrite(box, image.top(), LayerOptions.NONE);
        images.adopt(box, image);
        var record = root.resolve("storage/fake/containers/box.json");
        Files.writeString(record, "{\"image");
        var mount = Files.createDirectories(root.resolve("image/fake/layerdb/mounts/one"));
        Files.writeString(mount.resolve("mount-id"), "ab".repeat(32));
        assertThat(findings())
                .extracting(Finding::path)
                .contains("storage/fake/containers/box.json", "image/fake/layerdb/mounts/one");
        images.repair();
        assertThat(record).doesNotExist();
        assertThat(mount).doesNotExist();
        assertThat(findings()).isEmpty();
        reopen();
        assertThat(images.images()).hasSize(2);
    }

    @Test
    void damagedJournalDoesNotKeepTheStoreShut() throws IOException {
        var journal =
                Files.createDirectories(root.resolve("storage/fake/imports")).resolve("x.json");
        Files.writeString(journal, "{\"layers\":[");
        reopen();
        assertThat(findings()).extracting(Finding::path).containsExactly("storage/fake/imports/x.json");
        images.repair();
        assertThat(findings()).isEmpty();
    }
}
