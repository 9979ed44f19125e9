package storage.itest.power;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.btrfs.BtrfsDriver;
import storage.linux.Linux;
import storage.loopback.LoopbackDriver;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;
import storage.vfs.VfsDriver;

/**
 * A program syncs what it has written in a layer that was made a moment ago, and the power goes. The store that is opened on what
 * the disk holds has the layer, and what was synced: it must not be taken for one that was never finished.
 */
class PowerCutTest {
    private static final LayerId BASE = new LayerId("base-1");
    private static final LayerId BOX = new LayerId("box");

    private static GraphDriver driver(String name) {
        var linux = Linux.syscalls();
        return switch (name) {
            case "vfs" -> new VfsDriver(linux);
            case "overlay" -> new OverlayDriver(linux);
            case "overlay2" -> new Overlay2Driver(linux);
            case "btrfs" -> new BtrfsDriver(linux);
            case "loopback" -> new LoopbackDriver(linux);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static LayerStore open(String driver, Path root) throws Exception {
        var options = driver.equals("loopback") ? Map.of("loopback.size", "64m") : Map.<String, String>of();
        return driver(driver).open(new DriverHome(root, options, IdMaps.IDENTITY, StoreInfo.Access.WRITE));
    }

    private static void writeAndSync(Path file) throws Exception {
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap("synced".getBytes(StandardCharsets.UTF_8)));
            channel.force(true);
        }
    }

    /** @param reopened whether it is another process that mounts the layer than the one that made it */
    @ParameterizedTest
    @CsvSource({
        "vfs, ext4, false",
        "vfs, xfs, true",
        "vfs, btrfs, false",
        "overlay, ext4, true",
        "overlay2, ext4, false",
        "overlay2, xfs, true",
        "btrfs, btrfs, false",
        "btrfs, btrfs, true",
        "loopback, ext4, false",
        "loopback, xfs, true"
    })
    void syncedContentOutlivesIt(String driver, String filesystem, boolean reopened) throws Exception {
        var disk = TestFilesystem.image(filesystem);
        disk.beforeAll(null);
        try {
            var root = disk.path().resolve("root");
            var store = open(driver, root);
            store.create(BASE, Optional.empty(), LayerOptions.NONE);
            store.applyDiff(
                    BASE,
                    new ByteArrayInputStream(new TarMaker().file("old", "below").bytes()));
            store.createReadWrite(BOX, Optional.of(BASE), LayerOptions.NONE);
            if (reopened) {
                store.close();
                store = open(driver, root);
            }
            writeAndSync(store.get(BOX, "").resolve("new"));

            disk.keepDisk();
            store.put(BOX);
            store.cleanup();
            store.close();
            disk.cutPower();

            try (var next = open(driver, root)) {
                assertThat(next.layers()).extracting(Layer::id).containsExactly(BASE, BOX);
                assertThat(next.layers()).allMatch(layer -> layer.state() == Layer.State.COMPLETE);
                var check = next.ability(LayerCheck.class).orElseThrow();
                if (driver.startsWith("overlay")) {
                    // an engine's small files are synced by nobody, and can be derived
                    assertThat(check.findings()).allMatch(LayerCheck.Finding::repairable);
                    check.repair();
                }
                assertThat(check.findings()).isEmpty();
                try (var mount = next.mount(BOX)) {
                    assertThat(mount.path().resolve("new")).hasContent("synced");
                    assertThat(mount.path().resolve("old")).hasContent("below");
                }
                next.remove(BOX);
                next.remove(BASE);
                next.cleanup();
            }
            new TreeMaker(Linux.syscalls(), disk.path()).remove("root");
        } finally {
            disk.afterAll(null);
        }
    }
}
