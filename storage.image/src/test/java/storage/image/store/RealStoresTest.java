package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.btrfs.BtrfsDriver;
import storage.image.ImageStore;
import storage.image.ImageStore.Compression;
import storage.image.ImageStore.Format;
import storage.image.ImageStore.ImportOptions;
import storage.image.ImageStore.Progress;
import storage.linux.Linux;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.vfs.VfsDriver;

/** Images over the backends themselves: the same bytes come out of each. */
class RealStoresTest {
    private static final ImportOptions ANY = new ImportOptions(Optional.empty(), Optional.empty());
    private static final byte[] BASE =
            Archives.layer("etc/", "", "etc/motd", "hello\n", "etc/old", "x", "bin/", "", "bin/sh", "#!\n");
    private static final byte[] MIDDLE =
            Archives.layer("etc/.wh.motd", "", "srv/app", "x".repeat(70_000), "srv/link", "->app");
    private static final byte[] TOP = Archives.layer("etc/", "", "etc/.wh..wh..opq", "", "etc/new", "new");

    enum Backend {
        VFS,
        OVERLAY,
        OVERLAY2,
        BTRFS;

        GraphDriver driver() {
            var linux = Linux.syscalls();
            return switch (this) {
                case VFS -> new VfsDriver(linux);
                case OVERLAY -> new OverlayDriver(linux);
                case OVERLAY2 -> new Overlay2Driver(linux);
                case BTRFS -> new BtrfsDriver(linux);
            };
        }
    }

    @TempDir
    Path temp;

    /** Only for the backend that needs it: the others do not need root. */
    private TestFilesystem btrfs;

    private final List<LayerStore> open = new ArrayList<>();

    private Path place(Backend backend) throws Exception {
        if (backend != Backend.BTRFS) {
            return temp;
        }
        if (btrfs == null) {
            var made = TestFilesystem.image("btrfs");
            made.beforeAll(null);
            btrfs = made;
        }
        return btrfs.path();
    }

    private ImageStore images(Backend backend, String root) throws Exception {
        if (backend != Backend.VFS) {
            Require.root();
        }
        var driver = backend.driver();
        var home = DriverHome.at(Files.createDirectories(place(backend).resolve(root)));
        var verdict = driver.check(home);
        Require.feature(driver.name(), verdict.isSupported(), verdict.reason());
        var store = driver.open(home);
        open.add(store);
        return StoredImages.over(store);
    }

    @AfterEach
    void close() throws Exception {
        for (var store : open) {
            store.cleanup();
            store.close();
        }
        if (btrfs != null) {
            btrfs.afterAll(null);
        }
    }

    @ParameterizedTest
    @EnumSource
    void sameBytesComeOut(Backend backend) throws Exception {
        var images = images(backend, "one");
        var archive = Archives.tar(Archives.docker("app:1", List.of(BASE, MIDDLE, TOP, BASE)));
        var image = images.importFrom(new ByteArrayInputStream(archive), ANY, Progress.NONE)
                .get(0);
        for (var format : Format.values()) {
            for (var compression : Compression.values()) {
                var out = new ByteArrayOutputStream();
                images.export("app:1", format, compression, out, Progress.NONE);
                var other = images(backend, format + "-" + compression);
                var again = other.importFrom(new ByteArrayInputStream(out.toByteArray()), ANY, Progress.NONE);
                assertThat(again).extracting(ImageStore.Image::id).containsExactly(image.id());
                assertThat(again).extracting(ImageStore.Image::diffIds).containsExactly(image.diffIds());
                assertThat(other.findings(true, Progress.NONE)).isEmpty();
            }
        }
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
    }

    /** Names that lead through links of lower layers, relative and absolute, and a file that is replaced later on. */
    @ParameterizedTest
    @EnumSource
    void archivesThatLieElsewhereComeOutTheSame(Backend backend) throws Exception {
        var ground = Archives.layer("usr/bin/", "", "bin", "->usr/bin", "so", "->/deep/../deep/lib", "deep/lib/", "");
        var through = Archives.layer("bin/tool", "tool", "so/one", "so", "bin/../so/too", "too");
        var twice = Archives.layer("f", "first", "./f", "second", "d", "file", "d/", "", "d/x", "x");
        var images = images(backend, "one");
        var archive = Archives.tar(Archives.docker("app:1", List.of(ground, through, twice)));
        var image = images.importFrom(new ByteArrayInputStream(archive), ANY, Progress.NONE)
                .get(0);
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
        try (var mount = images.layers().mount(image.top().orElseThrow())) {
            assertThat(mount.path().resolve("usr/bin/tool")).hasContent("tool");
            assertThat(mount.path().resolve("deep/lib/one")).hasContent("so");
            assertThat(mount.path().resolve("f")).hasContent("second");
        }
        var out = new ByteArrayOutputStream();
        images.export("app:1", Format.OCI, Compression.GZIP, out, Progress.NONE);
        var again = images(backend, "two").importFrom(new ByteArrayInputStream(out.toByteArray()), ANY, Progress.NONE);
        assertThat(again).extracting(ImageStore.Image::id).containsExactly(image.id());
    }

    @ParameterizedTest
    @EnumSource
    void commitAndDelete(Backend backend) throws Exception {
        var images = images(backend, "one");
        var archive = Archives.tar(Archives.docker("app:1", List.of(BASE, MIDDLE)));
        var image = images.importFrom(new ByteArrayInputStream(archive), ANY, Progress.NONE)
                .get(0);
        var layers = images.layers();
        var box = new LayerId("box");
        layers.createReadWrite(box, image.top(), LayerOptions.NONE);
        images.adopt(box, image);
        try (var mount = layers.mount(box)) {
            assertThat(mount.path().resolve("etc/motd")).doesNotExist();
            Files.writeString(mount.path().resolve("etc/added"), "added");
            Files.delete(mount.path().resolve("srv/app"));
        }
        var made = images.commit(box, "app:2", Map.of(), Progress.NONE);
        assertThat(images.findings(true, Progress.NONE)).isEmpty();
        try (var mount = layers.mount(made.top().orElseThrow())) {
            assertThat(mount.path().resolve("etc/added")).hasContent("added");
            assertThat(mount.path().resolve("srv/app")).doesNotExist();
        }
        refused(() -> images.delete(image.id(), false));
        layers.remove(box);
        images.delete("app:2", false);
        images.delete("app:1", false);
        assertThat(images.prune(false).layers()).isEmpty();
        assertThat(layers.layers()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void damagedFileIsNamed(Backend backend) throws Exception {
        var images = images(backend, "one");
        var archive = Archives.tar(Archives.docker("app:1", List.of(BASE, MIDDLE)));
        var image = images.importFrom(new ByteArrayInputStream(archive), ANY, Progress.NONE)
                .get(0);
        var layer = image.layers().get(1);
        if (backend == Backend.BTRFS) {
            letWrite(images.layers().info().home().resolve("subvolumes").resolve(layer.value()));
        }
        try (var files = Files.walk(images.layers().info().home())) {
            for (var file : files.filter(
                            file -> file.endsWith("srv/app") && file.toString().contains(layer.value()))
                    .toList()) {
                try (var channel = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
                    channel.write(java.nio.ByteBuffer.wrap(new byte[] {'y'}), 40_000);
                }
            }
        }
        assertThat(images.findings(true, Progress.NONE)).singleElement().satisfies(finding -> {
            assertThat(finding.layer()).isEqualTo(layer.value());
            assertThat(finding.path()).isEqualTo("/srv/app");
            assertThat(finding.repairable()).isTrue();
        });
    }

    /** An image layer is a read-only subvolume; damage does not ask. */
    private static void letWrite(Path subvolume) throws Exception {
        var program = new ProcessBuilder("btrfs", "property", "set", "-ts", subvolume.toString(), "ro", "false")
                .inheritIO()
                .start();
        assertThat(program.waitFor()).isZero();
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        org.assertj.core.api.Assertions.assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.IN_USE));
    }
}
