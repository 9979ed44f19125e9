package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.driver.DriverHome;
import storage.image.ImageStore.Compression;
import storage.image.ImageStore.Format;
import storage.image.ImageStore.ImportOptions;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;
import storage.linux.Linux;
import storage.vfs.VfsDriver;

/** A layer that is far larger than the heap goes in and out: in a process of its own with 64 MB. */
class SmallHeapTest {
    private static final int MEGABYTES = 300;

    @TempDir
    Path temp;

    @Test
    void largeLayerInASmallHeap() throws Exception {
        var output = temp.resolve("output");
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallHeapTest.class.getName(),
                        temp.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(process.exitValue()).as(() -> text(output)).isZero();
    }

    private static String text(Path output) {
        try {
            return Files.readString(output, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** What runs in the small heap: import from a stream, export of what was imported. */
    public static void main(String[] args) throws IOException {
        var temp = Path.of(args[0]);
        var image = image(temp);
        var driver = new VfsDriver(Linux.syscalls());
        try (var store = driver.open(DriverHome.at(Files.createDirectories(temp.resolve("root"))))) {
            var images = StoredImages.over(store);
            try (var in = Files.newInputStream(image)) {
                images.importFrom(in, new ImportOptions(Optional.of("big"), Optional.empty()), Progress.NONE);
            }
            Files.delete(image);
            images.export("big", Format.OCI, Compression.ZSTD, OutputStream.nullOutputStream(), Progress.NONE);
            images.delete("big", false);
        }
    }

    /** A docker archive with one large layer: noise and zeros. */
    private static Path image(Path temp) throws IOException {
        var layer = temp.resolve("layer");
        var digest = Digest.hasher("sha256");
        try (var out = new DigestOutputStream(Files.newOutputStream(layer), digest)) {
            layer(out);
        }
        var diff = Digest.of("sha256", digest.digest());
        var config = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                + diff + "\"]}}";
        var archive = temp.resolve("image.tar");
        try (var tar = new TarArchiveOutputStream(Files.newOutputStream(archive), "UTF-8");
                var in = Files.newInputStream(layer)) {
            file(tar, "layer.tar", Files.size(layer), in);
            var manifest = "[{\"Config\":\"config.json\",\"Layers\":[\"layer.tar\"]}]";
            file(tar, "config.json", config.length(), stream(config));
            file(tar, "manifest.json", manifest.length(), stream(manifest));
        }
        Files.delete(layer);
        return archive;
    }

    private static void layer(OutputStream out) throws IOException {
        var noise = new byte[1 << 20];
        var random = new Random(3);
        try (var tar = new TarArchiveOutputStream(new FilterOutputStream(out) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                out.write(bytes, offset, length);
            }
        })) {
            var entry = new TarArchiveEntry("large");
            entry.setSize((long) MEGABYTES << 20);
            tar.putArchiveEntry(entry);
            for (var i = 0; i < MEGABYTES; i++) {
                if (i % 2 == 0) {
                    random.nextBytes(noise);
                }
                tar.write(i % 2 == 0 ? noise : new byte[1 << 20]);
            }
            tar.closeArchiveEntry();
        }
    }

    private static InputStream stream(String text) {
        return new java.io.ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void file(TarArchiveOutputStream tar, String name, long size, InputStream in) throws IOException {
        var entry = new TarArchiveEntry(name);
        entry.setSize(size);
        tar.putArchiveEntry(entry);
        in.transferTo(tar);
        tar.closeArchiveEntry();
    }
}
