package storage.itest.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.image.ImageStore;
import storage.image.ImageStore.Image;
import storage.image.ImageStore.ImportOptions;
import storage.image.store.OpenImages;
import storage.linux.Errno;
import storage.linux.MountCalls;
import storage.linux.PathBytes;
import storage.selector.Migrations.Progress;
import storage.selector.Migrations.Request;
import storage.selector.migrate.Steps;
import storage.selector.state.ActiveDriver;
import storage.testkit.NothingLeft;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.store.Settings;
import storage.testkit.tree.RandomTree;
import storage.testkit.tree.TreeMaker;

/**
 * Images of a size that people have, each with three read-write layers, go through all backends and come back as they were.
 * The system property {@value #SAMPLES} may name a folder with archives that other programs have written, {@code
 * sample-*.tar}.
 */
class LargeMigrationTest {
    private static final String SAMPLES = "storage.test.samples";
    private static final List<String> JOURNEY = List.of("overlay2", "btrfs", "loopback", "overlay", "vfs");

    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    @RegisterExtension
    static final TestFilesystem BTRFS = TestFilesystem.image("btrfs");

    private MigratedRoot root;

    @BeforeEach
    void makeRoot() throws IOException {
        assumeTrue("full".equals(System.getProperty(Settings.MATRIX)), "only in the full check");
        Require.root();
        root = new MigratedRoot(Files.createDirectory(FILES.path().resolve("root")));
        var home = Files.createDirectory(root.root.resolve("btrfs"));
        Errno.check(
                MigratedRoot.LINUX.mount(
                        PathBytes.of(BTRFS.path()), PathBytes.of(home), new byte[0], MountCalls.MS_BIND, new byte[0]),
                "mount",
                home.toString());
    }

    @AfterEach
    void removeRoot() throws IOException {
        if (root != null) {
            MigratedRoot.LINUX.umount2(PathBytes.of(root.root.resolve("btrfs")), 0);
            assertThat(NothingLeft.mountsBelow(root.root)).isEmpty();
            new TreeMaker(MigratedRoot.LINUX, root.root.getParent()).remove("root");
        }
    }

    @Test
    void imagesAndWhatStandsOnThemComeBackAsTheyWere() throws Exception {
        var archives = fill();
        var layers = root.everything("vfs");
        var images = images("vfs");
        assertThat(layers.keySet()).filteredOn(id -> id.startsWith("box-")).hasSize(3 * archives);
        assertThat(images).isNotEmpty();
        for (var to : JOURNEY) {
            var start = System.nanoTime();
            var result = root.migration(Steps.NONE)
                    .migrate(new Request(root.root, to, Map.of(), Map.of(), Duration.ZERO, false, true), Progress.NONE);
            System.out.printf(
                    "to %s: %d layers, %d ms%n", to, result.copied(), (System.nanoTime() - start) / 1_000_000);
            assertThat(result.copied()).as(to).isEqualTo(layers.size());
            assertThat(root.everything(to)).as(to).isEqualTo(layers);
            assertThat(images(to)).as(to).isEqualTo(images);
        }
    }

    /** @return how many archives were brought in; several may hold the same image */
    private int fill() throws IOException {
        var archives = new ArrayList<Path>();
        archives.add(FILES.path().resolve("large.tar"));
        LargeImage.write(archives.get(0));
        assertThat(Files.size(archives.get(0))).isGreaterThan(100 << 20);
        if (System.getProperty(SAMPLES) != null) {
            try (var files = Files.newDirectoryStream(Path.of(System.getProperty(SAMPLES)), "sample-*.tar")) {
                files.forEach(archives::add);
            }
            assertThat(archives).hasSizeGreaterThan(1);
        }
        try (var store = root.open("vfs")) {
            new ActiveDriver(root.root).record("vfs", Optional.empty());
            var images = new OpenImages().over(store);
            for (var archive : archives) {
                var name = archive.getFileName().toString().replace(".tar", "");
                var imported = images.importFrom(
                        archive, new ImportOptions(Optional.of(name), Optional.empty()), (s, d, t) -> {});
                boxes(store, images, name, imported.get(0));
            }
        } finally {
            Files.delete(archives.get(0));
        }
        return archives.size();
    }

    private void boxes(LayerStore store, ImageStore images, String name, Image image) throws IOException {
        for (var number = 1; number <= 3; number++) {
            var box = MigratedRoot.id("box-" + number + "-" + name);
            store.createReadWrite(box, image.top(), LayerOptions.NONE);
            images.adopt(box, image);
            try (var mount = store.mount(box)) {
                new RandomTree(MigratedRoot.LINUX, mount.path(), 100 + number, true).change(60);
                new TreeMaker(MigratedRoot.LINUX, mount.path()).directory("random-" + number);
                new RandomTree(MigratedRoot.LINUX, mount.path().resolve("random-" + number), number, true).grow(100);
            }
        }
    }

    /** Each image with its ids and those of its layers, and the digest of its archive. */
    private Map<Image, String> images(String driver) throws Exception {
        var all = new TreeMap<Image, String>(
                java.util.Comparator.comparing(image -> image.names().toString()));
        try (var store = root.open(driver)) {
            var images = new OpenImages().over(store);
            assertThat(images.findings(true, (step, done, total) -> {}))
                    .as(driver)
                    .isEmpty();
            for (var image : images.images()) {
                var digest = MessageDigest.getInstance("SHA-256");
                try (var out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
                    images.export(
                            image.names().get(0),
                            ImageStore.Format.DOCKER,
                            ImageStore.Compression.NONE,
                            out,
                            (step, done, total) -> {});
                }
                all.put(image, HexFormat.of().formatHex(digest.digest()));
            }
        }
        return all;
    }
}
