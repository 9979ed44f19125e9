package storage.overlay.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.overlay.testing.TestStore;
import storage.testkit.Guest;

/** Run by {@link LayerQuotaTest} on a kernel with project quotas. */
class LayerQuotaInGuest {
    private static final int MIB = 1 << 20;

    private final Path disk = Path.of("/mnt/disk");
    private TestStore test;

    private void mount(String type, String options) throws Exception {
        Files.createDirectories(disk);
        if (type.equals("xfs")) {
            run("mkfs.xfs", "-fq", Guest.disk());
        } else {
            run("mkfs.ext4", "-qF", "-O", "project,quota", Guest.disk());
        }
        run("mount", "-o", options, Guest.disk(), disk.toString());
        test = new TestStore(disk, Overlay2Driver::new);
    }

    private static void run(String... command) throws Exception {
        var process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
    }

    @AfterEach
    void unmount() throws Exception {
        if (test != null) {
            test.close();
            run("umount", disk.toString());
        }
    }

    private LayerStore store() throws IOException {
        return test.store();
    }

    private LayerId box(String name, Map<String, String> options) throws IOException {
        if (!store().exists(TestStore.id("low"))) {
            store().create(TestStore.id("low"), Optional.empty(), LayerOptions.NONE);
        }
        var id = TestStore.id(name);
        store().createReadWrite(id, Optional.of(TestStore.id("low")), LayerOptions.storage(options));
        return id;
    }

    /** How many whole MiB can be written before it is full; at most 24. */
    private int room(LayerId layer) throws IOException {
        try (var mount = store().mount(layer)) {
            var file = mount.path().resolve("big");
            var piece = new byte[MIB];
            try (var out = Files.newOutputStream(file)) {
                for (var i = 0; i < 24; i++) {
                    try {
                        out.write(piece);
                    } catch (IOException e) {
                        assertThat(e.getMessage()).containsAnyOf("No space left", "Disk quota exceeded");
                        return i;
                    }
                }
                return 24;
            } finally {
                Files.delete(file);
            }
        }
    }

    @Test
    void layerTakesNoMoreThanItsSize() throws Exception {
        mount("xfs", "prjquota");
        assertThat(room(box("limited", Map.of("size", "10M")))).isBetween(8, 10);
        assertThat(room(box("free", Map.of()))).isEqualTo(24);
        assertThat(room(box("again", Map.of("size", "5M")))).isBetween(3, 5);
        assertThat(room(TestStore.id("limited"))).as("each for itself").isBetween(8, 10);
    }

    @Test
    void sizeOfTheDriverCountsForLayersWithoutOne() throws Exception {
        mount("xfs", "prjquota");
        test.with(Map.of("overlay2.size", "6M"));
        assertThat(room(box("usual", Map.of()))).isBetween(4, 6);
        assertThat(room(box("own", Map.of("size", "12M")))).isBetween(10, 12);
    }

    @Test
    void removedLayerLeavesItsNumberToTheNext() throws Exception {
        mount("xfs", "prjquota");
        for (var i = 0; i < 3; i++) {
            var box = box("box", Map.of("size", (4 + i) + "M"));
            assertThat(room(box)).isBetween(2 + i, 4 + i);
            store().remove(box);
        }
        assertThat(room(box("free", Map.of()))).isEqualTo(24);
    }

    @Test
    void ext4WithProjectsLimitsAsWell() throws Exception {
        mount("ext4", "prjquota");
        assertThat(room(box("limited", Map.of("size", "10M")))).isBetween(8, 10);
    }

    @Test
    void sizeIsRefusedWhereQuotasAreOff() throws Exception {
        mount("xfs", "noquota");
        assertThatThrownBy(() -> box("limited", Map.of("size", "10M")))
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.kind()).isEqualTo(Kind.NOT_SUPPORTED);
                    assertThat(e.getMessage()).contains("prjquota");
                });
        assertThat(store().exists(TestStore.id("limited"))).isFalse();
    }
}
