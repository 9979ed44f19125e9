package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import storage.api.IdMaps;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.image.ImageStore;
import storage.image.ImageStore.ImportOptions;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;
import storage.linux.Linux;
import storage.testkit.NothingLeft;
import storage.testkit.hostile.CaseTable;
import storage.testkit.hostile.RawTar;
import storage.vfs.VfsDriver;

/** Every case of {@link HostileImages} over a real store: refused in its way, and nothing of it is left. */
class HostileImagesTest {
    private static final ImportOptions ANY = new ImportOptions(Optional.empty(), Optional.empty());
    private static final int LOOKS = 200;

    @TempDir
    Path temp;

    private LayerStore layers;
    private ImageStore images;

    @BeforeEach
    void open() throws IOException {
        open(Map.of());
        // the folders that the first import makes stay
        bringGood();
    }

    private void open(Map<String, String> options) throws IOException {
        var root = Files.createDirectories(temp.resolve("root"));
        layers = new VfsDriver(Linux.syscalls())
                .open(new DriverHome(root, options, IdMaps.IDENTITY, StoreInfo.Access.WRITE));
        images = StoredImages.over(layers);
    }

    @AfterEach
    void close() throws IOException {
        layers.close();
    }

    private void bring(byte[] archive) throws IOException {
        images.importFrom(new ByteArrayInputStream(archive), ANY, Progress.NONE);
    }

    private void bringGood() throws IOException {
        var archive = new ByteArrayInputStream(
                Archives.layout("good", List.of(HostileImages.LAYER)).tar());
        images.importFrom(archive, new ImportOptions(Optional.of("good"), Optional.empty()), Progress.NONE);
        images.delete("good", false);
    }

    @FunctionalInterface
    private interface Import {
        void run() throws IOException;
    }

    private void isRefused(Kind kind, Import hostile) throws IOException {
        var files = files();
        var open = NothingLeft.descriptors();
        assertThatThrownBy(hostile::run).isInstanceOfSatisfying(StorageException.class, e -> {
            assertThat(e.kind()).as(e.toString()).isEqualTo(kind);
            assertThat(e.getMessage()).hasSizeLessThan(2000).doesNotContain("\n");
        });
        assertThat(files()).isEqualTo(files);
        assertThat(newDescriptors(open)).isEmpty();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("storage-"));
        assertThat(images.images()).isEmpty();
        assertThat(layers.layers()).isEmpty();
        bringGood();
        assertThat(files()).isEqualTo(files);
    }

    private List<Path> files() throws IOException {
        try (var files = Files.walk(temp)) {
            return files.sorted().toList();
        }
    }

    /** The JVM opens something now and then, but not for long. */
    private static List<String> newDescriptors(List<String> before) throws IOException {
        List<String> added = List.of();
        for (var look = 0; look < LOOKS; look++) {
            added = new ArrayList<>(NothingLeft.descriptors());
            before.forEach(added::remove);
            if (added.isEmpty()) {
                break;
            }
        }
        return added;
    }

    @TestFactory
    Stream<DynamicTest> casesAreRefusedAndLeaveNothing() {
        return HostileImages.all().stream()
                .map(each -> DynamicTest.dynamicTest(
                        each.name(),
                        () -> isRefused(each.kind(), () -> bring(each.archive().get()))));
    }

    /** The page lists every case. */
    @Test
    void documentationIsTrue() throws IOException {
        var page = Files.readAllLines(Path.of("..", "docs", "hostile-input.md"));
        var table = new CaseTable();
        HostileImages.all().forEach(each -> table.add(each.name(), each.kind().toString()));
        assertThat(page).containsAll(table.lines());
        assertThat(page).anyMatch(line -> line.contains(HostileImages.all().size() + " images"));
    }

    /** A sparse file of 1 GB: the size is believed, the bytes are never read. */
    @Test
    void manifestOf1GbInAFile() throws IOException {
        var file = temp.resolve("huge.tar");
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(
                    new RawTar().entry('0', "manifest.json", "", 1L << 30, 0644).entries()));
            channel.write(ByteBuffer.wrap(new byte[1024]), 512 + (1L << 30));
        }
        isRefused(Kind.LIMIT_EXCEEDED, () -> {
            var before = allocated();
            try {
                images.importFrom(file, ANY, Progress.NONE);
            } finally {
                assertThat(allocated() - before).as("bytes allocated").isLessThan(32 << 20);
            }
        });
    }

    /** What this thread has allocated on the heap since it began, garbage included. */
    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    /** The same compressed, so that it comes as a stream: it is kept on disk meanwhile, as far as the limit lets it. */
    @Test
    void manifestThatIsABombInAStream() throws IOException {
        layers.close();
        open(Map.of("archive.max_bytes", "16m"));
        isRefused(Kind.LIMIT_EXCEEDED, () -> images.importFrom(zeros("manifest.json", 1L << 30), ANY, Progress.NONE));
        layers.close();
        open(Map.of("archive.max_ratio", "100"));
        isRefused(Kind.LIMIT_EXCEEDED, () -> images.importFrom(zeros("manifest.json", 1L << 30), ANY, Progress.NONE));
    }

    /** A gzip stream, made while it is read, of an archive with one file of zeros. */
    private static InputStream zeros(String name, long size) {
        var header = new RawTar().entry('0', name, "", size, 0644).entries();
        return new storage.common.io.Pump("zeros", out -> {
            try (OutputStream packed = new GZIPOutputStream(out, 1 << 16)) {
                packed.write(header);
                var piece = new byte[1 << 20];
                for (var done = 0L; done < size + 1024; done += piece.length) {
                    packed.write(piece);
                }
            }
        });
    }

    /** A small blob that becomes a large layer. */
    @Test
    void layerThatIsABomb() throws IOException {
        var size = 300 << 20;
        var digest = Digest.hasher("sha256");
        var head = new RawTar().entry('0', "zeros", "", size, 0644).entries();
        digest.update(head);
        digest.update(new byte[size]);
        digest.update(new byte[1024]);
        var diff = Digest.of("sha256", digest.digest());
        var blob = zstd(new SequenceInputStream(
                new ByteArrayInputStream(head), new ByteArrayInputStream(new byte[size + 1024])));
        var layout = new Archives.Layout();
        var config = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                + diff + "\"]}}";
        layout.add(
                layout.image(Archives.utf8(config), List.of(blob), "application/vnd.oci.image.layer.v1.tar+zstd", ""));
        isRefused(Kind.LIMIT_EXCEEDED, () -> bring(layout.tar()));
        // trusted, it is taken
        layers.close();
        open(Map.of("archive.max_ratio", "100000"));
        bring(layout.tar());
        assertThat(images.images()).hasSize(1);
    }

    private static byte[] zstd(InputStream plain) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var packed = new ZstdOutputStream(bytes)) {
            plain.transferTo(packed);
        }
        return bytes.toByteArray();
    }
}
