package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import storage.image.ImageStore.Image;
import storage.image.ImageStore.Progress;

/** Several threads at one store, through image stores of their own, as a shell and a service would. */
class ConcurrencyTest extends ImageStoreTest {
    private static final int THREADS = 6;

    private final ExecutorService pool = Executors.newFixedThreadPool(THREADS);

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    private List<Image> together(List<Callable<Image>> works) throws Exception {
        var barrier = new CyclicBarrier(works.size());
        var results = new ArrayList<Future<Image>>();
        for (var work : works) {
            results.add(pool.submit(() -> {
                barrier.await(30, TimeUnit.SECONDS);
                return work.call();
            }));
        }
        var images = new ArrayList<Image>();
        for (var result : results) {
            images.add(result.get(60, TimeUnit.SECONDS));
        }
        return images;
    }

    private Callable<Image> importing(String name, byte[]... blobs) {
        var archive = Archives.layout(name, List.of(blobs)).tar();
        return () -> StoredImages.over(FolderLayers.at(root))
                .importFrom(new java.io.ByteArrayInputStream(archive), ANY, Progress.NONE)
                .get(0);
    }

    @RepeatedTest(5)
    void sharedLayersAreStoredOnce() throws Exception {
        var works = new ArrayList<Callable<Image>>();
        for (var i = 0; i < THREADS; i++) {
            works.add(importing("app:" + i, BASE, MIDDLE, i % 2 == 0 ? TOP : BASE));
        }
        var made = together(works);
        assertThat(layers.layers()).hasSize(4);
        assertThat(made.stream().map(image -> image.layers().get(1)).distinct()).hasSize(1);
        assertThat(images.images()).hasSize(2);
        assertThat(images.images().stream().flatMap(image -> image.names().stream()))
                .hasSize(THREADS);
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
    }

    @RepeatedTest(5)
    void importsAndPrunesDoNotHurtEachOther() throws Exception {
        bring("old:1", BASE, TOP);
        bring("old:1", MIDDLE);
        var works = new ArrayList<Callable<Image>>();
        works.add(importing("new:1", BASE, TOP, MIDDLE));
        works.add(importing("new:2", BASE, MIDDLE));
        works.add(() -> {
            images.prune(false);
            return null;
        });
        works.add(() -> {
            images.delete("old:1", false);
            return null;
        });
        together(works);
        images.prune(false);
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
        assertThat(images.images()).extracting(image -> image.names().get(0)).containsExactly("new:1", "new:2");
        assertThat(layers.layers()).hasSize(4);
    }

    @Test
    void namesOfAllThreadsAreKept() throws Exception {
        var image = bring("app:1", BASE);
        var works = new ArrayList<Callable<Image>>();
        for (var i = 0; i < THREADS; i++) {
            var name = "tag:" + i;
            works.add(() -> StoredImages.over(FolderLayers.at(root)).tag("app:1", name));
        }
        together(works);
        assertThat(images.image(image.id()).names()).hasSize(THREADS + 1);
    }
}
