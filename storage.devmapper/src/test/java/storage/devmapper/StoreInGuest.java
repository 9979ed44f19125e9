package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static storage.devmapper.GuestStore.devices;
import static storage.devmapper.GuestStore.id;
import static storage.devmapper.GuestStore.refused;
import static storage.devmapper.GuestStore.run;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import storage.api.Layer;
import storage.api.LayerOptions;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.api.driver.Verdict.Outcome;
import storage.linux.Linux;
import storage.linux.dm.DeviceMapper;
import storage.linux.dm.Target;
import storage.testkit.tree.TarMaker;

/** A store on a real thin pool: run by {@link DevmapperStoreTest} with udev. */
class StoreInGuest {
    private final GuestStore test = new GuestStore();

    @AfterEach
    void clearAway() throws Exception {
        test.clear();
    }

    @Test
    void layersLiveOnThinDevicesAndOutliveTheStore() throws Exception {
        assertThat(new GuestDriver(Linux.syscalls()).check(test.home()).outcome())
                .isEqualTo(Outcome.SUPPORTED);
        test.image("low", "", "a");
        test.image("high", "low", "b");
        test.box("box", "high", Map.of());
        assertThat(devices()).as("nothing but the pool is active").hasSize(1);
        var path = test.store().get(id("box"), "");
        assertThat(path).isEqualTo(GuestStore.ROOT.resolve("devicemapper/mnt/box/rootfs"));
        assertThat(path.resolveSibling("id")).hasContent("low");
        Files.writeString(path.resolve("own"), "o");
        assertThat(devices()).hasSize(2);
        assertThat(test.store().metadata(id("box")))
                .containsEntry("DeviceSize", "67108864")
                .containsKeys("DeviceId", "DeviceName");
        assertThat(test.store().status())
                .containsEntry("Backing Filesystem", "ext4")
                .containsEntry("Pool Blocksize", "65.54kB")
                .containsEntry("Udev Sync Supported", "true")
                .containsKeys("Data loop file", "Data Space Used", "Metadata Space Total", "Library Version");

        // as it is left by whoever ends: mounted, and adopted by the next
        test.open();
        assertThat(path.resolve("own")).hasContent("o");
        refused(Kind.IN_USE, () -> test.store().remove(id("box")));
        test.store().put(id("box"));
        assertThat(devices()).hasSize(1);

        // down to the files, as after a restart of the machine
        test.store().cleanup();
        test.close();
        test.assertNothingLeft();
        assertThat(test.names("box")).containsExactly("a", "b", "own");
        assertThat(test.store().changes(id("box"), Optional.of(id("high")))).hasSize(1);
        test.store().remove(id("box"));
        refused(Kind.HAS_CHILDREN, () -> test.store().remove(id("low")));
        test.store().remove(id("high"));
        test.store().remove(id("low"));
        assertThat(test.store().layers()).isEmpty();
    }

    @Test
    void readersLookAtLayersThatAreNotMountedAndLeaveNothing() throws Exception {
        test.image("low", "", "a");
        test.box("box", "low", Map.of());
        try (var mount = test.store().mount(id("box"))) {
            Files.writeString(mount.path().resolve("own"), "o");
        }
        var removal = new FutureTask<Void>(() -> {
            test.store().remove(id("box"));
            return null;
        });
        try (var reading = new GuestDriver(Linux.syscalls()).open(test.home(StoreInfo.Access.READ))) {
            assertThat(reading.changes(id("box"), Optional.of(id("low")))).hasSize(1);
            try (var files = reading.files(id("box"))) {
                assertThat(files.open("own")).hasContent("o");
                assertThat(devices()).as("the reader's own").hasSize(2).anyMatch(name -> name.contains("-+read-"));
                // whoever writes goes on beside it, and waits where it has to
                test.box("next", "box", Map.of());
                test.store().remove(id("next"));
                new Thread(removal).start();
                assertThat(files.open("own")).hasContent("o");
            }
            removal.get();
            assertThat(reading.exists(id("box"))).isFalse();

            // of one that was killed before its device was in use
            var pool = devices().get(0);
            var left = pool.replaceAll("pool$", "+read-2-1-1");
            DeviceMapper.system()
                    .create(left, new Target(0, 131072, "thin", "/dev/mapper/" + pool + " 2"), DeviceMapper.NO_SCAN);
            test.open();
            assertThat(devices()).containsExactly(pool);

            test.store().cleanup();
            refused(Kind.CLOSED, () -> reading.changes(id("low"), Optional.empty()));
        }
        test.close();
        test.assertNothingLeft();
    }

    @Test
    void sizesGrowAndNeverShrink() throws Exception {
        test.image("low", "", "a");
        test.box("box", "low", Map.of("size", "128m"));
        try (var mount = test.store().mount(id("box"))) {
            assertThat(mount.path().toFile().getTotalSpace()).isGreaterThan(100L << 20);
            assertThat(mount.path().resolve("a")).exists();
        }
        refused(Kind.INVALID, () -> test.box("small", "box", Map.of("size", "64m")));
        assertThat(test.store().exists(id("small"))).isFalse();
    }

    @Test
    void xfsWorksAndGrows() throws Exception {
        test.with("dm.fs", "xfs").with("dm.basesize", "320m").with("dm.xfs_nospace_max_retries", "3");
        test.image("low", "", "a");
        test.box("box", "low", Map.of("size", "512m"));
        test.box("other", "low", Map.of());
        try (var one = test.store().mount(id("box"));
                var two = test.store().mount(id("other"))) {
            // same UUID, both mounted
            assertThat(one.path().toFile().getTotalSpace())
                    .isGreaterThan(two.path().toFile().getTotalSpace() * 5 / 4);
            assertThat(one.path().resolve("a")).exists();
            var device = run(
                    "readlink",
                    "-f",
                    "/dev/mapper/" + test.store().metadata(id("box")).get("DeviceName"));
            var name = device.strip().substring("/dev/".length());
            assertThat(java.nio.file.Path.of("/sys/fs/xfs", name, "error/metadata/ENOSPC/max_retries"))
                    .hasContent("3");
        }
        assertThat(test.store().status()).containsEntry("Backing Filesystem", "xfs");
    }

    @Test
    void poolOnFilesGrowsWhileItIsInUse() throws Exception {
        test.image("low", "", "a");
        test.store().get(id("low"), "");
        test.close();
        test.with("dm.loopdatasize", "2g").open();
        assertThat(test.store().status()).containsEntry("Data Space Total", "2.147GB");
        test.close();
        test.with("dm.loopdatasize", "1g").open();
        assertThat(test.store().status()).as("never smaller").containsEntry("Data Space Total", "2.147GB");
        test.store().put(id("low"));
        assertThat(test.names("low")).containsExactly("a");
    }

    @Test
    void givenPoolHasToBeNewAndStaysWhenTheStoreIsTakenDown() throws Exception {
        try (var pool = new OwnPool()) {
            assertThat(pool).isNotNull();
            test.without("dm.loopdatasize").without("dm.loopmetadatasize");
            var none = new GuestStore().with("dm.thinpooldev", "no-pool");
            assertThat(refused(Kind.PREREQUISITES, none::open).getMessage()).contains("no-pool");
            assertThat(refused(
                                    Kind.INVALID,
                                    () -> none.with("dm.thinpooldev", "part-d").open())
                            .getMessage())
                    .contains("no thin pool");

            run("dmsetup", "message", "own-pool", "0", "create_thin 5");
            run("dmsetup", "message", "own-pool", "0", "set_transaction_id 0 1");
            test.with("dm.thinpooldev", "/dev/mapper/own-pool");
            assertThat(refused(Kind.INVALID, test::open).getMessage()).contains("not new");
            run("dmsetup", "message", "own-pool", "0", "delete 5");
            run("dmsetup", "message", "own-pool", "0", "set_transaction_id 1 0");

            test.image("low", "", "a");
            assertThat(test.names("low")).containsExactly("a");
            test.store().cleanup();
            assertThat(run("dmsetup", "status", "own-pool")).contains("thin-pool");
            assertThat(devices()).isEmpty();
            assertThat(test.names("low")).containsExactly("a");

            // another pool in its place
            test.store().cleanup();
            test.close();
            var set = GuestStore.ROOT.resolve("devicemapper/metadata/deviceset-metadata");
            var text = Files.readString(set);
            Files.writeString(set, text.replaceFirst("\"BaseDeviceUUID\":\"....", "\"BaseDeviceUUID\":\"0000"));
            assertThat(refused(Kind.DAMAGED, test::open).getMessage())
                    .contains("UUID")
                    .contains("0000");
            Files.writeString(set, text);
            assertThat(test.names("low")).containsExactly("a");
            test.clear();
        }
    }

    @Test
    void poolOnRawDevicesComesAndGoesWithTheStore() throws Exception {
        try (var parts = new OwnPool()) {
            parts.down();
            test.without("dm.loopdatasize").without("dm.loopmetadatasize");
            test.with("dm.datadev", "/dev/mapper/part-d").with("dm.metadatadev", "/dev/mapper/part-m");
            test.image("low", "", "a");
            assertThat(run("losetup", "-a")).doesNotContain(GuestStore.ROOT.toString());
            assertThat(test.store().status()).containsEntry("Data Space Total", "536.9MB");
            assertThat(test.store().status()).doesNotContainKey("Data loop file");
            test.open();
            assertThat(test.names("low")).containsExactly("a");
            test.store().cleanup();
            assertThat(devices()).isEmpty();
            assertThat(test.names("low")).containsExactly("a");
            test.clear();
            parts.up();
        }
    }

    @Test
    void deviceThatSomebodyElseHasOpenGoesLaterIfThatIsAskedFor() throws Exception {
        test.with("dm.use_deferred_removal", "true").with("dm.use_deferred_deletion", "true");
        test.image("low", "", "a");
        test.box("box", "low", Map.of());
        var path = test.store().get(id("box"), "");
        var device = "/dev/mapper/" + test.store().metadata(id("box")).get("DeviceName");
        try (var held = Files.newInputStream(java.nio.file.Path.of(device))) {
            assertThat(held.read()).isNotNegative();
            test.store().put(id("box"));
            assertThat(path).doesNotExist();
            // still there, to be removed; taken back when it is mounted again
            assertThat(devices()).hasSize(2);
            assertThat(test.names("box")).containsExactly("a");
            test.store().remove(id("box"));
            assertThat(test.store().exists(id("box"))).isFalse();
            assertThat(test.store().status()).containsEntry("Deferred Deleted Device Count", "1");
            refused(Kind.IN_USE, () -> test.box("box", "low", Map.of()));
        }
        // the next opening does what the worker would do a little later
        test.open();
        assertThat(test.store().status()).containsEntry("Deferred Deleted Device Count", "0");
        assertThat(GuestStore.ROOT.resolve("devicemapper/metadata/box")).doesNotExist();
        test.box("box", "low", Map.of());
    }

    @Test
    void discardsGiveSpaceBackToTheFile() throws Exception {
        test.image("low", "", "a");
        test.box("box", "low", Map.of());
        var file = GuestStore.ROOT.resolve("devicemapper/devicemapper/data").toString();
        var before = Long.parseLong(run("stat", "-c", "%b", file).strip());
        try (var mount = test.store().mount(id("box"))) {
            Files.write(mount.path().resolve("big"), new byte[16 << 20]);
        }
        var full = Long.parseLong(run("stat", "-c", "%b", file).strip());
        assertThat(full - before).isGreaterThan(16 << 10);
        test.store().remove(id("box"));
        assertThat(Long.parseLong(run("stat", "-c", "%b", file).strip())).isLessThan(full - (16 << 10));
    }

    @Test
    void fullPoolIsToldBeforeItStalls() throws Exception {
        test.with("dm.loopdatasize", "96m").with("dm.min_free_space", "60%");
        test.image("low", "", "a");
        try (var mount = test.store().mount(id("low"))) {
            assertThat(mount.path()).exists();
        }
        test.box("box", "low", Map.of());
        try (var mount = test.store().mount(id("box"))) {
            Files.write(mount.path().resolve("big"), new byte[40 << 20]);
        }
        refused(Kind.NO_SPACE, () -> test.box("more", "low", Map.of()));
        assertThat(test.store().exists(id("more"))).isFalse();
        test.store().remove(id("box"));
        test.box("more", "low", Map.of());
    }

    /** A deletion that is deferred would keep the name, and the layer could not be made anew. */
    @Test
    void fillingThatFailsIsUndoneThoughTheDeviceIsInUseForAMoment() throws Exception {
        test.with("dm.use_deferred_removal", "true").with("dm.use_deferred_deletion", "true");
        test.image("low", "", "a");
        var store = test.store();
        store.create(id("box"), Optional.of(id("low")), LayerOptions.NONE);
        var device = store.metadata(id("box")).get("DeviceName");
        var filling = Thread.currentThread();
        var done = new AtomicBoolean();
        var user = new AtomicReference<FutureTask<Void>>();
        var archive = new InputStream() {
            @Override
            public int read() throws IOException {
                var held = Files.newInputStream(Path.of("/dev/mapper", device));
                user.set(new FutureTask<>(() -> {
                    try (held) {
                        // until somebody waits for it, or nobody does
                        while (!done.get() && filling.getState() != Thread.State.TIMED_WAITING) {
                            Thread.onSpinWait();
                        }
                    }
                    return null;
                }));
                new Thread(user.get()).start();
                throw new IOException("cut off");
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return read();
            }
        };
        assertThatThrownBy(() -> store.applyDiff(id("box"), archive)).hasMessageContaining("cut off");
        done.set(true);
        user.get().get();
        assertThat(store.layer(id("box")).orElseThrow().state()).isEqualTo(Layer.State.COMPLETE);
        assertThat(test.names("box")).containsExactly("a");
        store.applyDiff(
                id("box"),
                new ByteArrayInputStream(new TarMaker().file("b", "b").bytes()));
        assertThat(test.names("box")).containsExactly("a", "b");
    }
}
