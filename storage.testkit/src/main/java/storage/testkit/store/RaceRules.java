package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import storage.api.FileNames;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Syscalls;
import storage.testkit.hostile.RawTar;
import storage.testkit.tree.TreeText;

/**
 * Somebody who can write below the data root swaps directories for symbolic links to a folder outside while a layer is
 * filled and while a refused filling is taken back. Whatever becomes of the layer, nothing outside is touched.
 */
abstract class RaceRules extends StoreRules {
    /** Archives that are applied under attack, in each setting. */
    private static final int ROUNDS = Integer.getInteger("storage.test.races", 25);

    @Test
    void nothingIsWrittenThroughASwappedDirectory() throws Exception {
        var canary = Canary.in(bench().root().getParent());
        var outside = TreeText.capture(bench().linux(), canary);
        bench().image(
                        "ground",
                        "",
                        new RawTar()
                                .directory("d/e")
                                .file("d/x", "x")
                                .file("d/e/f", "y")
                                .bytes());
        var good = archive(canary);
        // ends in the middle, so that what was made of it is removed under attack too
        var bad = java.util.Arrays.copyOf(good, good.length - 1024);
        var swaps = 0L;
        for (var round = 0; round < ROUNDS; round++) {
            var layer = id("race");
            store().create(layer, round % 2 == 0 ? NOTHING : on(id("ground")), NONE);
            try (var attack = new Attack(bench().linux(), bench().root(), canary, round)) {
                fill(layer, attack.watched(round % 3 == 0 ? bad : good, 512));
                swaps += attack.swaps();
            }
            store().remove(layer);
        }
        assertSame(TreeText.capture(bench().linux(), canary), outside);
        if (bench().factory().hidesFilling()) {
            assertThat(swaps).as("swaps in what nobody sees").isZero();
        } else {
            assertThat(swaps).as("swaps").isGreaterThan(ROUNDS);
        }
    }

    private void fill(LayerId layer, InputStream archive) {
        try {
            store().applyDiff(layer, archive);
        } catch (IOException e) {
            // the attack may break it, and half of the archives are broken anyway
            assertThat(e).isInstanceOf(StorageException.class);
        }
    }

    /** Everything that is done to files, in a directory that is being swapped and below it. */
    private static byte[] archive(Path canary) {
        var tar = new RawTar().file("marker", "here").directory("d/e");
        for (var i = 0; i < 3; i++) {
            tar.directory("d")
                    .file("d/new" + i, "x")
                    .file("d/x", "x")
                    .file("d/e/f", "y")
                    .mode(04777)
                    .file("d/victim", "x")
                    .link("d/l" + i, "d/x")
                    .mode(0777)
                    .directory("d/e")
                    .xattr("user.note", "x")
                    .file("d/e/g" + i, "y")
                    .mode(0666)
                    .fifo("d/p")
                    .whiteout("d/x")
                    .whiteout("victim")
                    .opaque("d/e")
                    .symlink("d/s", canary.toString())
                    .file("d/s/victim", "z")
                    .file("d/e", "a file now")
                    .directory("d/e");
        }
        return tar.bytes();
    }

    /** Swaps the directory {@code d} of the layer that is being filled, wherever the backend has it, for a link. */
    private static final class Attack implements AutoCloseable {
        private final Syscalls linux;
        private final Path root;
        private final Path canary;
        private final boolean deep;
        private final AtomicLong swaps = new AtomicLong();
        private volatile boolean over;
        private Thread thread;

        Attack(Syscalls linux, Path root, Path canary, int round) {
            this.linux = linux;
            this.root = root;
            this.canary = canary;
            this.deep = round % 5 == 0;
        }

        long swaps() {
            return swaps.get();
        }

        /** The archive, which begins the attack once its first entry has been unpacked. */
        InputStream watched(byte[] archive, int step) {
            return new ByteArrayInputStream(archive) {
                @Override
                public synchronized int read(byte[] into, int offset, int length) {
                    if (thread == null && pos > 3 * 512) {
                        find().ifPresent(Attack.this::begin);
                    }
                    return super.read(into, offset, Math.min(length, step));
                }
            };
        }

        private Optional<Path> find() {
            try (var files = Files.walk(root)) {
                return files.filter(file -> file.endsWith("marker"))
                        .map(Path::getParent)
                        .filter(folder -> Files.isDirectory(folder.resolve("d")))
                        .findFirst();
            } catch (IOException | java.io.UncheckedIOException e) {
                return Optional.empty();
            }
        }

        private void begin(Path layer) {
            thread = new Thread(() -> swap(layer), "attack");
            thread.setDaemon(true);
            thread.start();
        }

        private void swap(Path layer) {
            var from = FileNames.encode(PathBytes.text(layer) + (deep ? "/d/e" : "/d"));
            var to = link(root.getParent());
            while (!over) {
                var result =
                        linux.renameat2(FileCalls.AT_FDCWD, from, FileCalls.AT_FDCWD, to, FileCalls.RENAME_EXCHANGE);
                if (result == 0) {
                    swaps.incrementAndGet();
                } else if (result == -Errno.EXDEV) {
                    // seen through a mount, or a subvolume: from inside then
                    to = link(layer);
                }
            }
        }

        private byte[] link(Path folder) {
            var link = FileNames.encode(PathBytes.text(folder) + "/swap");
            linux.symlinkat(FileNames.encode(canary + (deep ? "/d/e" : "/d")), FileCalls.AT_FDCWD, link);
            return link;
        }

        private void join() throws InterruptedIOException {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("The attacking thread may still run");
            }
        }

        @Override
        public void close() throws IOException {
            over = true;
            if (thread != null) {
                join();
            }
            // what is left of the last exchange: the link, or the layer's directory
            var left = root.resolveSibling("swap");
            if (Files.isSymbolicLink(left)) {
                Files.delete(left);
            } else if (Files.exists(left)) {
                new storage.testkit.tree.TreeMaker(linux, root.getParent()).remove("swap");
            }
        }
    }
}
