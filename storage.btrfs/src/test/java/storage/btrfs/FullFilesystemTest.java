package storage.btrfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.btrfs.diff.Snapshots;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TarMaker;

/** No space left, for content or for names: said so, nothing half-made stays, and the store goes on when there is some. */
class FullFilesystemTest {
    private static final LayerId BASE = new LayerId("base-1");
    private static final LayerId IMAGE = new LayerId("image");

    /** About as small as mkfs makes one. */
    @RegisterExtension
    static final TestFilesystem BTRFS = TestFilesystem.image("btrfs", "-b", "128M");

    private Snapshots snapshots;

    @BeforeEach
    void layOut() throws IOException {
        snapshots = new Snapshots(BTRFS.path());
        snapshots.layer("base-1", "", tree -> tree.file("f", "x"));
    }

    @AfterEach
    void clearAway() throws Exception {
        if (snapshots != null) {
            snapshots.close();
            free();
        }
    }

    /** The kernel frees what was deleted in the background; this wakes it and waits for it. */
    private static void free() throws Exception {
        for (var part : new String[] {"filesystem", "subvolume"}) {
            var process = new ProcessBuilder("btrfs", part, "sync", BTRFS.path().toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(process.waitFor()).isZero();
        }
    }

    private LayerStore store() {
        return snapshots.store();
    }

    private static StorageException full(Throwable failure) {
        assertThat(failure).isInstanceOf(StorageException.class);
        var refusal = (StorageException) failure;
        assertThat(refusal.kind()).as(refusal.toString()).isEqualTo(StorageException.Kind.NO_SPACE);
        assertThat(refusal.advice()).isNotBlank();
        return refusal;
    }

    /** Fills all space for content, with bytes that no compression makes smaller. */
    private static void fill(Path file) throws IOException {
        var bytes = new byte[1 << 20];
        new Random(1).nextBytes(bytes);
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (var i = 0; i < 200; i++) {
                channel.write(ByteBuffer.wrap(bytes));
                channel.force(false);
            }
        } catch (IOException e) {
            assertThat(e.getMessage()).contains("No space");
            return;
        }
        throw new AssertionError("The filesystem is larger than thought");
    }

    @Test
    void imageThatDoesNotFitIsEmptyAgainAndCanBeFilledLater() throws Exception {
        store().create(IMAGE, Optional.of(BASE), LayerOptions.NONE);
        var filler = store().info().root().resolve("filler");
        fill(filler);
        var archive = new TarMaker()
                .file("large", "x".repeat(1 << 20))
                .file("more", "y".repeat(1 << 20))
                .bytes();
        full(catchThrowable(() -> store().applyDiff(IMAGE, new java.io.ByteArrayInputStream(archive))));
        assertThat(snapshots.changes("image", "base-1")).isEmpty();
        Files.delete(filler);
        free();
        store().applyDiff(IMAGE, new java.io.ByteArrayInputStream(archive));
        assertThat(snapshots.path("image").resolve("large")).hasSize(1 << 20);
        store().remove(IMAGE);
    }

    @Test
    void withoutRoomForNamesLayersAreStillRemoved() throws Exception {
        var box = new LayerId("box");
        snapshots.layer("box", "base-1", tree -> {});
        // what is content's cannot become room for names
        fill(snapshots.path("box").resolve("filler"));
        IOException failure = null;
        for (var i = 0; failure == null; i++) {
            assertThat(i).as("files").isLessThan(50_000);
            try {
                // small enough to lie among the names
                snapshots.tree("box").file("f" + i, "x".repeat(2000));
            } catch (IOException e) {
                failure = e;
            }
        }
        assertThat(failure).hasMessageContaining("ENOSPC");
        var made = 0;
        Throwable refusal = null;
        while (refusal == null && made < 100) {
            var id = new LayerId("more-" + made);
            refusal = catchThrowable(() -> store().createReadWrite(id, Optional.of(box), LayerOptions.NONE));
            made++;
        }
        if (refusal != null) {
            full(refusal);
            assertThat(store().exists(new LayerId("more-" + (made - 1)))).isFalse();
            made--;
        }
        for (var i = 0; i < made; i++) {
            store().remove(new LayerId("more-" + i));
        }
        store().remove(box);
        free();
        snapshots.layer("box", "base-1", tree -> {});
        assertThat(store().layers()).hasSize(2);
    }
}
