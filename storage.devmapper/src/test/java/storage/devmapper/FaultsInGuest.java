package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static storage.devmapper.GuestStore.devices;
import static storage.devmapper.GuestStore.id;
import static storage.devmapper.GuestStore.refused;
import static storage.devmapper.GuestStore.run;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import storage.api.LayerCheck;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.linux.SyscallException;
import storage.linux.dm.DeviceMapper;
import storage.testkit.tree.TarMaker;

/** What disks and pools do to a store: it says so, loses nothing, and goes on. Run by {@link DevmapperFaultsTest}. */
class FaultsInGuest {
    private static final Path WAIT = Path.of("/sys/module/dm_thin_pool/parameters/no_space_timeout");
    private static final Path HOME = GuestStore.ROOT.resolve("devicemapper");
    private static final int FIRST_FOREIGN = 1000;

    private final GuestStore test = new GuestStore();

    @BeforeAll
    static void onlyTheRulesThatMatter() throws Exception {
        GuestUdev.withoutOtherRules();
    }

    @AfterEach
    void clearAway() throws Exception {
        test.clear();
    }

    private void fill(String name, byte[] archive) throws Exception {
        test.store().create(id(name), Optional.of(id("low")), LayerOptions.NONE);
        test.store().applyDiff(id(name), new ByteArrayInputStream(archive));
    }

    private static byte[] megabytes(int count) {
        return new TarMaker().file("big", "x".repeat(count << 20)).bytes();
    }

    @Test
    void poolWithoutDataBlocksIsToldAndWorksOnWhenItGrows() throws Exception {
        test.with("dm.loopdatasize", "80m").with("dm.min_free_space", "0%");
        test.image("low", "", "a");
        // else writes wait a minute for somebody to make the pool larger
        Files.writeString(WAIT, "1");
        fill("big", megabytes(40));
        var full = refused(Kind.NO_SPACE, () -> fill("more", megabytes(40)));
        assertThat(full.getMessage()).contains("thin pool").contains("data blocks");
        assertThat(full.advice()).contains("dm.loopdatasize");
        assertThat(test.names("low")).containsExactly("a");
        assertThat(test.names("big")).containsExactly("a", "big");
        test.store().remove(id("more"));

        test.close();
        test.with("dm.loopdatasize", "200m").open();
        fill("more", megabytes(40));
        assertThat(test.names("more")).containsExactly("a", "big");
        test.store().cleanup();
        test.close();
        test.assertNothingLeft();
        assertThat(test.names("big")).containsExactly("a", "big");
    }

    @Test
    void layerThatIsFullIsNoFullPool() throws Exception {
        test.image("low", "", "a");
        var full = refused(Kind.NO_SPACE, () -> fill("big", megabytes(80)));
        assertThat(full.getMessage()).contains("filesystem of layer big").contains("67108864");
        assertThat(full.advice()).contains("size=");
        test.store().applyDiff(id("big"), new ByteArrayInputStream(megabytes(1)));
        assertThat(test.names("big")).containsExactly("a", "big");
    }

    @Test
    void poolWithoutMetadataBlocksIsToldAndWorksOnWithMore() throws Exception {
        test.with("dm.loopmetadatasize", "4m");
        test.image("low", "", "a");
        var mapper = DeviceMapper.system();
        var pool = devices().get(0);
        var last = FIRST_FOREIGN;
        while (!PoolStatus.of(pool, mapper.status(pool)).isBelow(5)) {
            mapper.message(pool, "create_thin " + last++);
        }
        assertThat(refused(Kind.NO_SPACE, () -> test.box("box", "low", Map.of()))
                        .getMessage())
                .contains("metadata blocks free");
        assertThat(test.store().exists(id("box"))).isFalse();

        // and without that guard
        test.close();
        test.with("dm.min_free_space", "0%").open();
        try {
            for (; ; last++) {
                mapper.message(pool, "create_thin " + last);
            }
        } catch (SyscallException e) {
            assertThat(PoolStatus.of(pool, mapper.status(pool)).isBelow(3)).isTrue();
        }
        var full = (StorageException) catchThrowable(() -> test.box("box", "low", Map.of()));
        assertThat(full).isNotNull();
        assertThat(full.advice()).isNotBlank();
        assertThat(test.names("low")).containsExactly("a");

        // the kernel takes no deletions any more, but a larger file
        test.store().cleanup();
        test.close();
        GuestStore.thin("thin_check", HOME.resolve("devicemapper/metadata"));
        test.with("dm.loopmetadatasize", "16m").open();
        for (var foreign = FIRST_FOREIGN; foreign < last; foreign++) {
            mapper.message(pool, "delete " + foreign);
        }
        test.box("box", "low", Map.of());
        assertThat(test.names("box")).containsExactly("a");
        test.store().cleanup();
        test.close();
        test.assertNothingLeft();
    }

    @Test
    void noSpaceForRecordsIsToldAndNothingIsLeftHalf() throws Exception {
        test.image("low", "", "a");
        test.box("old", "low", Map.of());
        test.store().cleanup();
        test.close();
        var records = HOME.resolve("metadata");
        var copy = records.resolveSibling("copy");
        run("cp", "-a", records.toString(), copy.toString());
        run("mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "records", records.toString());
        try {
            run("sh", "-c", "cp -a " + copy + "/. " + records);
            test.open();
            run("sh", "-c", "cat /dev/zero >" + records + "/.ballast || true");
            refused(Kind.NO_SPACE, () -> test.box("box", "low", Map.of()));
            assertThat(test.store().exists(id("box"))).isFalse();
            assertThat(devices()).as("nothing but the pool is active").hasSize(1);
            assertThat(test.names("low")).containsExactly("a");
            assertThat(test.names("old")).containsExactly("a");
            Files.delete(records.resolve(".ballast"));
            test.box("box", "low", Map.of());
            assertThat(test.names("box")).containsExactly("a");
            test.store().remove(id("old"));
            test.store().cleanup();
            test.close();
            test.assertNothingLeft();
            run("sh", "-c", "rm " + copy + "/*; cp -a " + records + "/. " + copy);
        } finally {
            test.close();
            run("umount", records.toString());
        }
        run("sh", "-c", "rm -r " + records + " && mv " + copy + " " + records);
        assertThat(test.names("box")).containsExactly("a");
    }

    @Test
    void whoeverWorksInAnotherNamespaceKeepsADeviceAndIsNamedAsTheReason() throws Exception {
        test.image("low", "", "a");
        test.box("box", "low", Map.of());
        var path = test.store().get(id("box"), "");
        var other = new ProcessBuilder("unshare", "--mount", "--propagation", "private", "cat")
                .directory(path.toFile())
                .start();
        try {
            other.getOutputStream().write("there\n".getBytes(StandardCharsets.US_ASCII));
            other.getOutputStream().flush();
            assertThat(other.inputReader().readLine()).isEqualTo("there");
            test.store().put(id("box"));
            assertThat(devices()).as("busy, and left").hasSize(2);
            var busy = refused(Kind.IN_USE, () -> test.store().remove(id("box")));
            assertThat(busy.advice()).contains("namespaces");
            test.box("next", "low", Map.of());
            assertThat(test.names("next")).containsExactly("a");
        } finally {
            other.destroyForcibly().waitFor();
        }
        test.store().remove(id("box"));
        assertThat(devices()).hasSize(1);
    }

    @Test
    void mountsThatOtherNamespacesHaveCopiedKeepNothing() throws Exception {
        test.image("low", "", "a");
        test.box("box", "low", Map.of());
        test.store().get(id("box"), "");
        var other = new ProcessBuilder("unshare", "--mount", "--propagation", "private", "cat").start();
        try {
            other.getOutputStream().write("there\n".getBytes(StandardCharsets.US_ASCII));
            other.getOutputStream().flush();
            assertThat(other.inputReader().readLine()).isEqualTo("there");
            // the mount point is removed, and with it the mount wherever it is
            test.store().put(id("box"));
            assertThat(devices()).hasSize(1);
            test.store().remove(id("box"));
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    @Test
    void recordsThatAreCutOffOrOfAnotherKindAreNamedAndNothingIsChanged() throws Exception {
        test.image("low", "", "a");
        test.box("box", "low", Map.of());
        test.store().cleanup();
        test.close();
        for (var name : new String[] {"deviceset-metadata", "transaction-metadata", "base"}) {
            var file = HOME.resolve("metadata").resolve(name);
            var text = Files.readString(file);
            for (var damage : new String[] {text.substring(0, text.length() / 2), "", "[1, 2]\n"}) {
                Files.writeString(file, damage);
                assertThat(refused(Kind.DAMAGED, test::open).getMessage()).contains(file.toString());
                assertThat(file).hasContent(damage);
            }
            // a later engine may know more of it
            Files.writeString(file, text.replaceFirst("\\{", "{\"version\":2,"));
            assertThat(test.names("box")).containsExactly("a");
            test.close();
        }
        var file = HOME.resolve("metadata/box");
        var text = Files.readString(file);
        Files.writeString(file, text.substring(0, text.length() / 2));
        assertThat(test.names("low")).containsExactly("a");
        assertThat(refused(Kind.DAMAGED, () -> test.store().get(id("box"), "")).getMessage())
                .contains("box");
        refused(Kind.ALREADY_EXISTS, () -> test.box("box", "low", Map.of()));
        test.close();
        Files.writeString(file, text);
        assertThat(test.names("box")).containsExactly("a");
    }

    @Test
    void layerWhoseRecordIsDamagedCanBeRemovedAndItsNumberIsNotGivenAway() throws Exception {
        test.image("low", "", "a");
        test.box("box", "low", Map.of());
        var number = test.store().metadata(id("box")).get("DeviceId");
        test.store().cleanup();
        test.close();
        Files.writeString(HOME.resolve("metadata/box"), "{");
        Files.writeString(HOME.resolve("metadata/a stranger"), "?");

        var check = test.store().ability(LayerCheck.class).orElseThrow();
        assertThat(check.findings())
                .extracting(finding -> finding.path() + " " + finding.repairable())
                .containsExactlyInAnyOrder("devicemapper/metadata/box false", "devicemapper/metadata/a stranger true");
        check.repair();
        assertThat(HOME.resolve("metadata/box")).hasContent("{");
        assertThat(check.findings()).hasSize(1);

        test.store().remove(id("box"));
        assertThat(test.store().exists(id("box"))).isFalse();
        assertThat(check.findings()).isEmpty();
        assertThat(GuestStore.ROOT.resolve("storage/quarantine/devicemapper/box-1"))
                .hasContent("{");
        test.open();
        test.box("box", "low", Map.of());
        assertThat(test.store().metadata(id("box"))).doesNotContainEntry("DeviceId", number);
        assertThat(test.names("box")).containsExactly("a");
    }

    @Test
    void failingDataDiskFailsWhatIsWrittenAndNothingElse() throws Exception {
        try (var pool = new OwnPool()) {
            assertThat(pool).isNotNull();
            test.without("dm.loopdatasize").without("dm.loopmetadatasize").with("dm.thinpooldev", OwnPool.NAME);
            test.image("low", "", "a");
            OwnPool.failWrites("part-d");
            var failed = refused(Kind.IO, () -> fill("big", megabytes(4)));
            assertThat(failed.getMessage()).contains("read-only");
            assertThat(failed.advice()).contains("thin_check");
            assertThat(test.names("low")).containsExactly("a");
            refused(Kind.IO, () -> test.box("box", "low", Map.of()));
            assertThat(test.store().exists(id("box"))).isFalse();
            OwnPool.heal("part-d");
            mend(pool);
            if (test.store().exists(id("big"))) {
                test.store().remove(id("big"));
            }
            fill("big", megabytes(4));
            assertThat(test.names("big")).containsExactly("a", "big");
            assertThat(test.names("low")).containsExactly("a");
            test.clear();
        }
    }

    /** As the advice says. */
    private void mend(OwnPool pool) throws Exception {
        assertThat(refused(Kind.DAMAGED, test::open).advice()).contains("thin_check");
        for (var device : devices()) {
            run("dmsetup", "remove", device);
        }
        pool.down();
        run("thin_check", "--clear-needs-check-flag", "/dev/mapper/part-m");
        pool.up();
        test.open();
    }

    @Test
    void failingMetadataDiskStopsThePoolUntilItIsChecked() throws Exception {
        try (var pool = new OwnPool()) {
            test.without("dm.loopdatasize").without("dm.loopmetadatasize").with("dm.thinpooldev", OwnPool.NAME);
            test.image("low", "", "a");
            OwnPool.failWrites("part-m");
            var failed = (StorageException) catchThrowable(() -> test.box("box", "low", Map.of()));
            assertThat(failed.advice()).isNotBlank();
            OwnPool.heal("part-m");
            mend(pool);
            assertThat(test.names("low")).containsExactly("a");
            assertThat(test.store().exists(id("box"))).isFalse();
            test.box("box", "low", Map.of());
            assertThat(test.names("box")).containsExactly("a");
            test.clear();
        }
    }
}
