package storage.btrfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import storage.api.IdMaps;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.btrfs.diff.Snapshots;
import storage.btrfs.kernel.Quotas;
import storage.btrfs.kernel.SubvolumeInfo;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.Linux;
import storage.linux.Syscalls;
import storage.testkit.TestFilesystem;

/** Sizes of layers by quota groups. Each test has a filesystem of its own, because quotas are switched on for all of it. */
class LayerLimitsTest {
    private static final LayerId BASE = new LayerId("base-1");
    private static final LayerId BOX = new LayerId("box");

    private final TestFilesystem btrfs = TestFilesystem.image("btrfs");

    private final Syscalls linux = Linux.syscalls();
    private final Quotas quotas = new Quotas(linux);
    private Snapshots snapshots;

    @BeforeEach
    void layOut() throws Exception {
        btrfs.beforeAll(null);
        snapshots = new Snapshots(btrfs.path());
        snapshots.layer("base-1", "", tree -> tree.file("f", "x".repeat(1 << 20)));
    }

    @AfterEach
    void clearAway() throws Exception {
        if (snapshots != null) {
            snapshots.close();
        }
        btrfs.afterAll(null);
    }

    private LayerStore store() {
        return snapshots.store();
    }

    private static LayerOptions size(String size) {
        return LayerOptions.storage(Map.of("size", size));
    }

    private Optional<Quotas.Usage> usage(String layer) throws IOException {
        try (var fd = Fd.directory(linux, snapshots.path(layer).toString())) {
            Errno.check(linux.syncfs(fd.number()), "syncfs", layer);
            return quotas.usage(
                    fd.number(), SubvolumeInfo.of(linux, fd.number()).tree());
        }
    }

    @Test
    void quotasStayOffUntilASizeIsAskedFor() throws Exception {
        store().createReadWrite(BOX, Optional.of(BASE), LayerOptions.NONE);
        assertThat(usage("box")).isEmpty();
        store().remove(BOX);
        store().createReadWrite(BOX, Optional.of(BASE), size("8m"));
        assertThat(usage("box").orElseThrow().referenced()).isBetween(1L << 20, 2L << 20);
        store().remove(BOX);
        // others may count on them
        assertThat(usage("base-1")).isPresent();
    }

    @Test
    void layerTakesNoMoreThanItsSize() throws Exception {
        store().createReadWrite(BOX, Optional.of(BASE), size("8m"));
        assertThat(store().info().home().resolve("quotas/box")).hasContent("8388608");
        var file = store().get(BOX, "").resolve("large");
        assertThatThrownBy(() -> fill(file, 16)).hasMessageContaining("quota");
        Files.delete(file);
        fill(store().get(BOX, "").resolve("small"), 4);
        assertThat(usage("box").orElseThrow().referenced()).isBetween(5L << 20, 6L << 20);
        assertThat(store().metadata(BOX))
                .containsEntry("Size", "8388608")
                .hasEntrySatisfying(
                        "Exclusive", bytes -> assertThat(Long.parseLong(bytes)).isBetween(4L << 20, 5L << 20));
        assertThat(store().metadata(BASE)).isEmpty();
        store().put(BOX);
        store().put(BOX);
        store().remove(BOX);
        assertThat(store().info().home().resolve("quotas")).isEmptyDirectory();
    }

    private static void fill(Path file, int megabytes) throws IOException {
        try (var channel = java.nio.channels.FileChannel.open(
                file, java.nio.file.StandardOpenOption.CREATE_NEW, java.nio.file.StandardOpenOption.WRITE)) {
            for (var i = 0; i < megabytes; i++) {
                channel.write(java.nio.ByteBuffer.allocate(1 << 20));
                channel.force(false);
            }
        }
    }

    @Test
    void limitOfAnEnginesLayerIsSetWhenItIsTakenHoldOf() throws Exception {
        store().createReadWrite(BOX, Optional.of(BASE), LayerOptions.NONE);
        var folder = Files.createDirectories(store().info().home().resolve("quotas"));
        Files.writeString(folder.resolve("box"), "4194304");
        var path = store().get(BOX, "");
        assertThatThrownBy(() -> fill(path.resolve("large"), 8)).hasMessageContaining("quota");
        store().put(BOX);
        Files.writeString(folder.resolve("base-1"), "many");
        store().get(BASE, "");
        store().put(BASE);
    }

    @Test
    void sizesThatCannotBeAreRefused() throws Exception {
        for (var size : new String[] {"0", "-1", "lots", "1x", "99999999999999999999"}) {
            refused(Kind.INVALID, size(size));
        }
        refused(Kind.INVALID, LayerOptions.storage(Map.of("inodes", "5")));
        assertThat(store().exists(BOX)).isFalse();
        assertThat(usage("base-1")).isEmpty();
        store().close();
        var home = new DriverHome(
                store().info().root(), Map.of("btrfs.min_space", "1G"), IdMaps.IDENTITY, StoreInfo.Access.WRITE);
        try (var other = new BtrfsDriver(linux).open(home)) {
            var refusal =
                    (StorageException) catchThrowable(() -> other.createReadWrite(BOX, Optional.of(BASE), size("8m")));
            assertThat(refusal.kind()).isEqualTo(Kind.INVALID);
            assertThat(refusal.advice()).contains("1073741824");
            other.createReadWrite(BOX, Optional.of(BASE), size("1G"));
            other.remove(BOX);
        }
    }

    private void refused(Kind kind, LayerOptions options) {
        var failure = catchThrowable(() -> store().createReadWrite(BOX, Optional.of(BASE), options));
        assertThat(failure).isInstanceOf(StorageException.class);
        assertThat(((StorageException) failure).kind()).isEqualTo(kind);
        assertThat(((StorageException) failure).advice()).isNotBlank();
    }

    @Test
    void withoutPrivilegeASizeIsRefused() throws Exception {
        snapshots.kernel().reset();
        store().createReadWrite(BOX, Optional.of(BASE), LayerOptions.NONE);
        var calls = snapshots.kernel().count("ioctl");
        store().remove(BOX);
        // the call after the snapshot switches quotas on
        snapshots.kernel().reset().fail("ioctl", calls, Errno.EPERM);
        refused(Kind.PERMISSION, size("8m"));
        snapshots.kernel().reset();
        assertThat(store().exists(BOX)).isFalse();
        assertThat(usage("base-1")).isEmpty();
    }

    @Test
    void groupsOfDeletedLayersAreRemoved() throws Exception {
        store().createReadWrite(BOX, Optional.of(BASE), size("8m"));
        long tree;
        try (var fd = Fd.directory(linux, snapshots.path("box").toString())) {
            tree = SubvolumeInfo.of(linux, fd.number()).tree();
        }
        store().remove(BOX);
        var leftovers = store().info().state().resolve("qgroups");
        try (var fd = Fd.directory(linux, btrfs.path().toString())) {
            if (Files.exists(leftovers.resolve(Long.toString(tree)))) {
                // the kernel deletes a subvolume's content in the background; this wakes it and waits for it
                run("btrfs", "filesystem", "sync", btrfs.path().toString());
                run("btrfs", "subvolume", "sync", btrfs.path().toString());
            }
            store().close();
            new BtrfsDriver(linux).open(DriverHome.at(store().info().root())).close();
            assertThat(quotas.usage(fd.number(), tree)).isEmpty();
        }
        if (Files.exists(leftovers)) {
            assertThat(leftovers).isEmptyDirectory();
        }
    }

    private static void run(String... command) throws Exception {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}
