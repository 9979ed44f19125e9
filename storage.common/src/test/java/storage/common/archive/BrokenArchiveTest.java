package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.api.StorageException.Kind.BAD_ARCHIVE;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.IdMaps;
import storage.api.StorageException;
import storage.common.Gate;
import storage.common.Tree;

/** Archives that are cut off, damaged, or none. */
class BrokenArchiveTest {
    private static final int MUTATIONS = Integer.getInteger("storage.test.mutations", 400);

    @TempDir
    Path folder;

    @BeforeEach
    void needsRoot() {
        Gate.root();
    }

    private static byte[] small() {
        return new Tar()
                .dir("d")
                .xattr("user.x", "value")
                .file("d/f", "some content")
                .file("d/" + "long".repeat(60), "x".repeat(600))
                .symlink("d/s", "f")
                .link("d/h", "d/f")
                .file(".wh.gone", "")
                .time(5, 123456789)
                .fifo("p")
                .pax(
                        "GNU.sparse.major=0",
                        "GNU.sparse.minor=1",
                        "GNU.sparse.name=sparse",
                        "GNU.sparse.size=100000",
                        "GNU.sparse.map=0,10,50000,20")
                .header("x", '0', 30)
                .raw(new byte[30])
                .bytes();
    }

    @Test
    void sparseFilesOfNegativeSizeAreRefused() throws IOException {
        try (var tree = Tree.make(folder, "negative")) {
            var size = new byte[12];
            Arrays.fill(size, (byte) -1);
            Unpacking.refused(tree, new Tar().header("f", 'S', 0, 257, "ustar  \0", 483, size), BAD_ARCHIVE);
        }
    }

    @Test
    void aCutOffArchiveIsRefusedWhereverItIsCut() throws IOException {
        var whole = small();
        for (var length = 0; length < whole.length - 512; length += length % 512 == 0 || length > 600 ? 256 : 1) {
            try (var tree = Tree.make(folder, "t" + length)) {
                Unpacking.refused(tree, Arrays.copyOf(whole, length), BAD_ARCHIVE, ArchiveLimits.DEFAULT);
            }
        }
        // half of the end mark is enough, as for other readers
        try (var tree = Tree.make(folder, "whole")) {
            Unpacking.unpack(tree, Arrays.copyOf(whole, whole.length - 512));
        }
    }

    @Test
    void whatFollowsTheEndIsReadAndIgnored() throws IOException {
        var whole = small();
        var more = Arrays.copyOf(whole, whole.length + 300_000);
        Arrays.fill(more, whole.length, more.length, (byte) 0x55);
        var in = new ByteArrayInputStream(more);
        try (var tree = Tree.make(folder, "t");
                var other = Tree.make(folder, "o")) {
            LayerUnpacker.unpack(Tree.LINUX, UnpackTarget.plain(tree.fd()), in, UnpackOptions.DEFAULT);
            assertThat(in.available()).isZero();
            Unpacking.unpack(other, whole);
            assertThat(tree.snapshot().keySet()).isEqualTo(other.snapshot().keySet());
        }
    }

    @Test
    void anEmptyArchiveIsAnEmptyLayerButNothingIsNone() throws IOException {
        try (var tree = Tree.make(folder, "t")) {
            assertThat(Unpacking.unpack(tree, new byte[1024])).isEqualTo(new Unpacked(0, 0));
            assertThat(Unpacking.unpack(tree, new byte[10240])).isEqualTo(new Unpacked(0, 0));
            Unpacking.refused(tree, new byte[0], BAD_ARCHIVE, ArchiveLimits.DEFAULT);
            Unpacking.refused(
                    tree,
                    "not an archive".repeat(100).getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                    BAD_ARCHIVE,
                    ArchiveLimits.DEFAULT);
        }
    }

    @Test
    void unknownTypesAreRefused() throws IOException {
        try (var tree = Tree.make(folder, "t")) {
            for (var type : new char[] {'8', 'V', 'D', 'M', 'X', 'Z', 'A', '\u00ff'}) {
                assertThat(Unpacking.refused(tree, new Tar().header("x", type, 0), BAD_ARCHIVE))
                        .contains("type");
            }
        }
    }

    @Test
    void theStreamsOwnFailureComesThrough() throws IOException {
        var failing = new InputStream() {
            private int left = 700;

            @Override
            public int read() throws IOException {
                if (left-- == 0) {
                    throw new IOException("the network is gone");
                }
                return small()[0];
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (left <= 0) {
                    throw new IOException("the network is gone");
                }
                var whole = small();
                var count = Math.min(length, left);
                System.arraycopy(whole, 700 - left, into, offset, count);
                left -= count;
                return count;
            }
        };
        try (var tree = Tree.make(folder, "t")) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> LayerUnpacker.unpack(
                            Tree.LINUX, UnpackTarget.plain(tree.fd()), failing, UnpackOptions.DEFAULT))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the network is gone");
        }
    }

    @Test
    void damageGivesAnArchiveOrARefusalAndNothingElse() throws IOException {
        var random = new Random(Long.getLong("storage.test.seed", 7L));
        var whole = small();
        var limits = new ArchiveLimits(10_000_000, 1000, 100, 255, 4095, 16, 4096);
        for (var i = 0; i < MUTATIONS; i++) {
            var damaged = whole.clone();
            for (var n = 1 + random.nextInt(4); n > 0; n--) {
                var at = random.nextInt(damaged.length);
                damaged[at] = random.nextBoolean()
                        ? (byte) random.nextInt(256)
                        : (byte) "0123456789=\n \0".charAt(random.nextInt(14));
                if (random.nextInt(8) > 0) {
                    repair(damaged, at / 512 * 512);
                }
            }
            try (var tree = Tree.make(folder, "m")) {
                LayerUnpacker.unpack(
                        Tree.LINUX,
                        UnpackTarget.plain(tree.fd()),
                        new ByteArrayInputStream(damaged),
                        new UnpackOptions(IdMaps.IDENTITY, limits, Optional.empty()));
            } catch (StorageException e) {
                assertThat(e.kind()).isIn(BAD_ARCHIVE, StorageException.Kind.LIMIT_EXCEEDED);
            } catch (IOException e) {
                // what the kernel says to a name or a device
                assertThat(e).isInstanceOf(storage.linux.SyscallException.class);
            }
            try (var all = Tree.open(folder.toString())) {
                all.remove("m");
                assertThat(all.snapshot()).isEmpty();
            }
        }
    }

    /** Makes a header's checksum right again, so that the damage is looked at. */
    private static void repair(byte[] archive, int at) {
        if (archive[at + 257] == 'u') {
            var block = Tar.checksummed(Arrays.copyOfRange(archive, at, at + 512));
            System.arraycopy(block, 0, archive, at, 512);
        }
    }

    @Test
    void noDescriptorIsLeftOpen() throws IOException {
        try (var tree = Tree.make(folder, "t")) {
            var before = descriptors();
            var tar = new Tar();
            for (var i = 0; i < 1000; i++) {
                tar.dir("d" + i % 37 + "/e" + i).file("d" + i % 37 + "/e" + i + "/f", "x");
            }
            Unpacking.unpack(tree, tar);
            Unpacking.refused(tree, tar.header("x", 'V', 0), BAD_ARCHIVE);
            assertThat(descriptors()).isEqualTo(before);
        }
    }

    private static int descriptors() {
        return new java.io.File("/proc/self/fd").list().length;
    }
}
