package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.StorageException;
import storage.common.Tree;
import storage.common.tree.Faults;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Several threads fill files: the same tree as from one, and nothing left of them whatever happens. */
class WriteBehindTest {
    @TempDir
    Path folder;

    @AfterEach
    void nothingIsLeft() throws IOException {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(all.filter(this::isOurs)).isEmpty();
        }
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.contains("-writes-"));
    }

    private boolean isOurs(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).startsWith(folder);
        } catch (IOException e) {
            // closed meanwhile, by somebody else
            return false;
        }
    }

    private void unpack(Syscalls linux, String name, Tar tar, int threads) throws IOException {
        try (var tree = Tree.make(folder, name)) {
            LayerUnpacker.unpack(
                    linux,
                    UnpackTarget.plain(tree.fd()),
                    tar.stream(),
                    UnpackOptions.DEFAULT.withThreads(threads).withWorthwhile(0));
        }
    }

    /** Small ones, large ones that need several chunks, holes, links to what is still being written, and duplicates. */
    private static Tar files(int number) {
        var random = new Random(number);
        var tar = new Tar();
        for (var i = 0; i < number; i++) {
            var size = i % 10 == 3 ? random.nextInt(300_000) : random.nextInt(3000);
            // large enough to be searched for zeros
            var content = new byte[i % 250 == 13 ? 1_500_000 : size];
            random.nextBytes(content);
            if (i % 250 == 13) {
                java.util.Arrays.fill(content, content.length / 3, content.length, (byte) 0);
            }
            tar.mode(i % 7 == 0 ? 04755 : 0640).time(1_000_000 + i, i);
            tar.file("d" + i % 5 + "/f" + i, content);
            if (i % 11 == 5) {
                tar.link("l" + i, "d" + i % 5 + "/f" + i);
            }
            if (i % 13 == 6) {
                tar.file("d" + i % 5 + "/f" + i, "replaced");
            }
            if (i % 17 == 4) {
                tar.dir("d" + i % 5 + "/f" + i);
            }
        }
        return tar;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void treeIsThatOfOneThread(int threads) throws IOException {
        unpack(Tree.LINUX, "one", files(1000), 1);
        unpack(Tree.LINUX, "many", files(1000), threads);
        try (var one = Tree.open(folder + "/one");
                var many = Tree.open(folder + "/many")) {
            assertThat(many.snapshot()).isEqualTo(one.snapshot()).hasSizeGreaterThan(1000);
        }
        for (var i = 0; i < 1000; i++) {
            var path = "d" + i % 5 + "/f" + i;
            if (Files.isRegularFile(folder.resolve("one").resolve(path))) {
                assertThat(Files.mismatch(
                                folder.resolve("one").resolve(path),
                                folder.resolve("many").resolve(path)))
                        .as(path)
                        .isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"write", "pwrite", "fchown", "fchmod", "futimens", "ftruncate"})
    void failureOfAThreadIsTold(String call) {
        var failing = Faults.failing(Tree.LINUX, call, 3, Errno.ENOSPC);
        assertThatThrownBy(() -> unpack(failing, "failed", files(1000), 3))
                .isInstanceOfSatisfying(
                        SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
    }

    @Test
    void filesAreWrittenByOtherThreads() throws IOException {
        Set<Thread> writing = new CopyOnWriteArraySet<>();
        var watched = Faults.answering(Tree.LINUX, (name, arguments) -> {
            if (name.equals("write")) {
                writing.add(Thread.currentThread());
            }
            return null;
        });
        unpack(watched, "watched", files(300), 3);
        assertThat(writing).hasSize(2).doesNotContain(Thread.currentThread());
    }

    @Test
    void brokenArchiveEndsTheThreads() throws IOException {
        var bytes = files(500).bytes();
        for (var part = 1; part < 8; part++) {
            var cut = java.util.Arrays.copyOf(bytes, bytes.length / 8 * part);
            try (var tree = Tree.make(folder, "cut" + part)) {
                assertThatThrownBy(() -> LayerUnpacker.unpack(
                                Tree.LINUX,
                                UnpackTarget.plain(tree.fd()),
                                new java.io.ByteArrayInputStream(cut),
                                UnpackOptions.DEFAULT.withThreads(3).withWorthwhile(0)))
                        .isInstanceOfSatisfying(
                                StorageException.class,
                                e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.BAD_ARCHIVE));
            }
        }
    }

    @Test
    void interruptedThreadEndsTheOthers() {
        var interrupting = Faults.answering(Tree.LINUX, (name, arguments) -> {
            if (name.equals("openat") && Thread.currentThread().getName().equals("unpacking")) {
                Thread.currentThread().interrupt();
            }
            return null;
        });
        Thread.currentThread().setName("unpacking");
        try {
            assertThatThrownBy(() -> unpack(interrupting, "interrupted", files(1000), 2))
                    .isInstanceOfSatisfying(
                            StorageException.class,
                            e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.INTERRUPTED));
            assertThat(Thread.interrupted()).isTrue();
        } finally {
            Thread.currentThread().setName("main");
        }
    }
}
