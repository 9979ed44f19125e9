package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.image.ImageStore.Progress;

/**
 * A process that is killed in the middle, and one that fails there. A kill is a copy of the root as it is at that moment:
 * the copy is opened as the next process would.
 */
class KillTest extends ImageStoreTest {
    private final List<Path> copies = new ArrayList<>();

    private void copyAt(String step) {
        try {
            var copy = temp.resolve("killed-" + copies.size() + "-" + step);
            FolderLayers.copy(root, copy);
            copies.add(copy);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void killedImportLeavesNothing() throws IOException {
        bring("first:1", BASE);
        layers.watch(this::copyAt);
        var archive = Archives.layout("second:1", List.of(BASE, MIDDLE, TOP)).tar();
        images.importFrom(new ByteArrayInputStream(archive), ANY, (step, done, total) -> {});
        assertThat(copies).as("two layers, five moments each").hasSize(10);
        for (var copy : copies) {
            assertThat(FolderLayers.tree(copy.resolve("storage/fake/imports")))
                    .as("a journal comes first: %s", copy)
                    .hasSize(1);
            var survivor = FolderLayers.at(copy);
            var after = StoredImages.over(survivor);
            assertThat(after.images()).extracting(image -> image.names().get(0)).containsExactly("first:1");
            assertThat(survivor.layers()).as("layers of %s", copy).hasSize(1);
            assertThat(FolderLayers.tree(copy.resolve("image/fake/layerdb"))).hasSize(4);
            assertThat(FolderLayers.tree(copy.resolve("storage")))
                    .filteredOn(file -> !file.startsWith("fake/layers/"))
                    .isEmpty();
            assertThat(after.findings(true, Progress.NONE)).isEmpty();
            assertThat(after.importFrom(new ByteArrayInputStream(archive), ANY, Progress.NONE))
                    .hasSize(1);
            assertThat(after.findings(true, Progress.NONE)).isEmpty();
        }
    }

    @Test
    void readerOfAKilledImportChangesNothing() throws IOException {
        layers.watch(this::copyAt);
        bring("app:1", BASE, TOP);
        for (var copy : copies) {
            var before = FolderLayers.tree(copy);
            StoredImages.over(new FolderLayers(copy, storage.api.StoreInfo.Access.READ))
                    .images();
            assertThat(FolderLayers.tree(copy)).isEqualTo(before);
        }
    }

    @Test
    void killedCommitLeavesNothing() throws IOException {
        var image = bring("app:1", BASE);
        var box = new LayerId("box");
        layers.createReadWrite(box, image.top(), LayerOptions.NONE);
        layers.changed(box, TOP);
        images.adopt(box, image);
        layers.watch(this::copyAt);
        images.commit(box, "app:2", Map.of(), Progress.NONE);
        assertThat(copies).hasSize(5);
        for (var copy : copies) {
            var survivor = FolderLayers.at(copy);
            var after = StoredImages.over(survivor);
            assertThat(after.images()).hasSize(1);
            assertThat(survivor.layers()).hasSize(2);
            assertThat(after.findings(true, Progress.NONE)).isEmpty();
        }
    }

    @Test
    void killedDeleteIsFinishedOrHarmless() throws IOException {
        bring("app:1", BASE, MIDDLE, TOP);
        layers.watch(this::copyAt);
        images.delete("app:1", false);
        assertThat(copies).hasSize(6);
        for (var copy : copies) {
            var survivor = FolderLayers.at(copy);
            var after = StoredImages.over(survivor);
            after.prune(false);
            assertThat(after.images()).isEmpty();
            assertThat(survivor.layers()).isEmpty();
            assertThat(FolderLayers.tree(copy.resolve("image/fake/layerdb"))).isEmpty();
            assertThat(after.findings(true, Progress.NONE)).isEmpty();
        }
    }

    @Test
    void failedImportIsTakenBackAtOnce() throws IOException {
        var archive = Archives.layout("app:1", List.of(BASE, MIDDLE, TOP)).tar();
        for (var point = 0; point < 15; point++) {
            var left = new int[] {point};
            layers.watch(step -> {
                if (left[0]-- == 0) {
                    throw new UncheckedIOException(new IOException("made to fail"));
                }
            });
            assertThat(failure(archive)).as("point " + point).isInstanceOf(UncheckedIOException.class);
            layers.watch(step -> {});
            reopen();
            isClean();
        }
        assertThat(bring(archive)).hasSize(1);
    }

    private Throwable failure(byte[] archive) {
        try {
            bring(archive);
            return null;
        } catch (IOException | RuntimeException e) {
            return e;
        }
    }

    @Test
    void interruptedImportIsTakenBack() throws IOException {
        var archive = Archives.layout("app:1", List.of(BASE, MIDDLE, TOP)).tar();
        var file = Files.write(temp.resolve("archive"), archive);
        var applied = new int[1];
        layers.watch(step -> {
            if (step.equals("applying") && applied[0]++ == 1) {
                Thread.currentThread().interrupt();
            }
        });
        refused(() -> images.importFrom(file, ANY, Progress.NONE), Kind.INTERRUPTED);
        assertThat(Thread.interrupted()).as("the flag stays").isTrue();
        isClean();
    }

    @Test
    void secondOpeningDoesNotDisturbAnImport() throws IOException {
        layers.watch(step -> {
            try {
                StoredImages.over(FolderLayers.at(root)).prune(false);
            } catch (StorageException e) {
                throw new UncheckedIOException(e);
            }
        });
        var image = bring("app:1", BASE, MIDDLE, TOP);
        layers.watch(step -> {});
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
        assertThat(images.image("app:1")).isEqualTo(image);
        assertThat(layers.layers()).hasSize(3);
    }
}
