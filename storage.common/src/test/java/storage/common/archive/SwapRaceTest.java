package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import storage.api.FileNames;
import storage.common.Gate;
import storage.common.Tree;
import storage.linux.FileCalls;
import storage.linux.Syscalls;

/**
 * A directory is swapped for a link to a folder outside while archives are unpacked into it: nothing outside is made,
 * changed or removed. Whether an archive is unpacked or refused does not matter.
 *
 * <p>An attacker can act between any two system calls, so that is where most rounds let him: before calls picked at
 * random. In the others he is a thread that swaps as fast as the kernel can, which finds the same windows by luck.
 */
class SwapRaceTest {
    private static final int ROUNDS = Integer.getInteger("storage.test.races", 10_000);

    /** One in so many rounds has the thread. */
    private static final int THREADED = 50;

    private static final int CALLS = 200;

    @TempDir(factory = InMemory.class)
    Path folder;

    /** Ten times as fast as a disk, if it is there. */
    static final class InMemory implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context) throws IOException {
            var memory = Path.of("/dev/shm");
            return Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "storage-races")
                    : Files.createTempDirectory("storage-races");
        }
    }

    @Test
    void nothingIsWrittenThroughASwappedDirectory() throws Exception {
        Gate.root();
        var outside = Tree.make(folder, "outside");
        outside.file("x", "untouched").file("victim", "untouched").file("e/f", "untouched");
        var before = outside.snapshot();
        var archive = archive();
        var whole = 0;
        var swaps = 0L;
        try (var all = Tree.open(folder.toString())) {
            for (var round = 0; round < ROUNDS; round++) {
                var name = "t" + round;
                all.symlink("link", outside.path);
                var form = round % 2 == 0 ? WhiteoutForm.REMOVE : WhiteoutForm.OVERLAY;
                try (var swap = new Swap(path(folder + "/" + name + "/root/d"), path(folder + "/link"))) {
                    var random = round % THREADED < 2 ? Optional.<Random>empty() : Optional.of(new Random(round));
                    whole += unpack(swap, random, name, form, archive) ? 1 : 0;
                    swaps += swap.count.get();
                }
                all.remove("link");
                all.remove(name);
            }
        }
        assertThat(outside.snapshot()).isEqualTo(before);
        assertThat(swaps).as("swaps").isGreaterThan(ROUNDS);
        assertThat(whole).as("unpacked without a hitch").isLessThan(ROUNDS);
        outside.close();
    }

    private boolean unpack(Swap swap, Optional<Random> random, String name, WhiteoutForm form, byte[] archive)
            throws IOException {
        try (var tree = Tree.make(folder, name);
                var lower = Tree.make(folder, name + "/lower")) {
            tree.file("root/d/e/f", "f");
            lower.file("d/x", "below");
            try (var root = Tree.open(tree.path + "/root")) {
                var to = form == WhiteoutForm.REMOVE
                        ? UnpackTarget.plain(root.fd())
                        : new UnpackTarget(root.fd(), List.of(lower.fd()), form);
                var kernel = random.isPresent() ? swap.before(random.get()) : swap.allTheTime();
                LayerUnpacker.unpack(kernel, to, inPieces(archive), UnpackOptions.DEFAULT);
                return true;
            } catch (IOException e) {
                return false;
            }
        }
    }

    private static byte[] path(String text) {
        return FileNames.encode(text);
    }

    private static InputStream inPieces(byte[] archive) {
        return new ByteArrayInputStream(archive) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, 512));
            }
        };
    }

    /** Exchanges a directory and a link. */
    private static final class Swap implements AutoCloseable {
        final AtomicLong count = new AtomicLong();
        private final byte[] directory;
        private final byte[] link;
        private volatile boolean over;
        private Thread thread;

        Swap(byte[] directory, byte[] link) {
            this.directory = directory;
            this.link = link;
        }

        private void now() {
            var at = FileCalls.AT_FDCWD;
            if (Tree.LINUX.renameat2(at, directory, at, link, FileCalls.RENAME_EXCHANGE) == 0) {
                count.incrementAndGet();
            }
        }

        /** A kernel before some of whose calls there is a swap. */
        Syscalls before(Random random) {
            var swaps = new BitSet();
            for (var i = 0; i < 1 + random.nextInt(6); i++) {
                var call = random.nextInt(CALLS);
                swaps.set(call);
                // and back soon, so that the way is open again
                swaps.set(call + 1 + random.nextInt(4));
            }
            var calls = new AtomicInteger();
            return (Syscalls) Proxy.newProxyInstance(
                    Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (self, method, arguments) -> {
                        if (swaps.get(calls.getAndIncrement())) {
                            now();
                        }
                        return method.invoke(Tree.LINUX, arguments);
                    });
        }

        Syscalls allTheTime() {
            thread = new Thread(
                    () -> {
                        while (!over) {
                            now();
                        }
                    },
                    "swap");
            thread.start();
            return Tree.LINUX;
        }

        @Override
        public void close() throws InterruptedIOException {
            over = true;
            if (thread != null) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("The swapping thread may still run");
                }
            }
        }
    }

    private static byte[] archive() {
        return new Tar()
                .mode(0777)
                .dir("d")
                .file("d/x", "x")
                .file("d/victim", "x")
                .link("d/l", "d/x")
                .mode(0777)
                .dir("d/e")
                .xattr("user.note", "n")
                .file("d/e/f", "y")
                .mode(0666)
                .fifo("d/p")
                .file("d/.wh.x", "")
                .file("d/e/.wh..wh..opq", "")
                .file("d/e", "a file")
                .dir("d/e")
                .symlink("d/e/s", "/x")
                .file("d/e/s/victim", "z")
                .file("d/.wh..wh..opq", "")
                .file("d", "a file")
                .dir("d")
                .bytes();
    }
}
