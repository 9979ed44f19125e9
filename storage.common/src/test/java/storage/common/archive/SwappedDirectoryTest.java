package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.FileNames;
import storage.common.Gate;
import storage.common.Tree;
import storage.linux.FileCalls;

/** Somebody swaps directories for links that lead out, while an archive is unpacked: nothing outside is touched. */
class SwappedDirectoryTest {
    private static final int ROUNDS = Integer.getInteger("storage.test.races", 300);

    @TempDir
    Path folder;

    @Test
    void nothingOutsideIsTouched() throws Exception {
        Gate.root();
        try (var outside = Tree.make(folder, "outside");
                var root = Tree.make(folder, "root")) {
            outside.file("f", "untouched").directory("e").file("e/f", "untouched");
            root.directory("d/e").symlink("link", outside.path);
            var before = outside.snapshot();
            var over = new AtomicBoolean();
            var swaps = new Thread(() -> {
                while (!over.get()) {
                    Tree.LINUX.renameat2(
                            root.fd(),
                            FileNames.encode("link"),
                            root.fd(),
                            FileNames.encode("d"),
                            FileCalls.RENAME_EXCHANGE);
                }
            });
            swaps.start();
            var archive = new Tar()
                    .file("d/f", "inside")
                    .dir("d/e")
                    .mode(0777)
                    .file("d/e/f", "inside")
                    .file("d/.wh.x", "")
                    .file("d/e/.wh..wh..opq", "")
                    .fifo("d/e/p")
                    .link("d/h", "d/f")
                    .file("d/.wh.e", "");
            try {
                for (var round = 0; round < ROUNDS; round++) {
                    unpack(root, archive);
                }
            } finally {
                over.set(true);
                swaps.join();
            }
            assertThat(outside.snapshot()).isEqualTo(before);
        }
    }

    /** What is swapped in the very moment may make it fail; that is no harm. */
    private static void unpack(Tree root, Tar archive) {
        try {
            Unpacking.unpack(root, archive);
        } catch (IOException e) {
            assertThat(e).hasMessageNotContaining("outside");
        }
    }
}
