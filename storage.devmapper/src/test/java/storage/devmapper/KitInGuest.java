package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.Setting;
import storage.testkit.store.Settings;
import storage.testkit.store.StoreFactory;

/**
 * The kit on thin devices; small ones, because the kit reads all that lies in a root. Run by {@link
 * DevmapperConformanceTest}: two settings that differ in everything, or so many that each two options meet.
 */
class KitInGuest extends LayerStoreConformance {
    static List<Setting> settings() {
        if (!"full".equals(System.getProperty(Settings.MATRIX))) {
            return List.of(
                    new Setting("tmpfs", Setting.Kernel.WHOLE, Setting.Ids.SAME, Setting.ODD, "ext4 files"),
                    new Setting(
                            "tmpfs",
                            Setting.Kernel.WITHOUT_OPENAT2,
                            Setting.Ids.SHIFTED,
                            Setting.PLAIN,
                            "xfs given deferred discards"));
        }
        var options = List.of(
                List.of("ext4", "xfs"),
                List.of("files", "given"),
                List.of("at-once", "deferred"),
                List.of("discards", "keeps"),
                List.of(Setting.Kernel.WHOLE, Setting.Kernel.WITHOUT_OPENAT2),
                List.of(Setting.Ids.values()),
                List.of(Setting.PLAIN, Setting.ODD));
        return Settings.pairs(options).stream()
                .map(row -> new Setting(
                        "tmpfs",
                        (Setting.Kernel) row.get(4),
                        (Setting.Ids) row.get(5),
                        (String) row.get(6),
                        row.get(0) + " " + row.get(1) + " " + row.get(2) + " " + row.get(3)))
                .toList();
    }

    @BeforeAll
    static void onlyTheRulesThatMatter() throws Exception {
        GuestUdev.withoutOtherRules();
    }

    /** Processes that were killed at their work among them. */
    @AfterAll
    static void nothingIsLeftInTheKernel() throws Exception {
        assertThat(GuestStore.devices()).isEmpty();
        assertThat(GuestStore.run("dmsetup", "udevcookies").lines().count())
                .as("a head, and nothing below it")
                .isLessThanOrEqualTo(1);
    }

    @Override
    protected StoreFactory factory(Path place) {
        throw new UnsupportedOperationException("every setting has a variant");
    }

    @Override
    protected StoreFactory factory(Path place, String variant) {
        var words = List.of(variant.split(" ", -1));
        var options = new java.util.HashMap<>(Map.of(
                "dm.fs", words.get(0),
                // the least that its mkfs takes
                "dm.basesize", words.contains("xfs") ? "300m" : "64m",
                "dm.blkdiscard", Boolean.toString(words.contains("discards"))));
        if (words.contains("given")) {
            options.put("dm.thinpooldev", GivenPools.OPTION);
        } else {
            options.put("dm.loopdatasize", "400m");
            options.put("dm.loopmetadatasize", "16m");
        }
        if (words.contains("deferred")) {
            options.put("dm.use_deferred_removal", "true");
            options.put("dm.use_deferred_deletion", "true");
        }
        if (!Files.isDirectory(GuestUdev.RUNS)) {
            options.put("dm.override_udev_sync_check", "true");
        }
        return new DevmapperFactory(place, options);
    }
}
