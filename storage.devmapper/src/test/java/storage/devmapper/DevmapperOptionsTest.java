package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

class DevmapperOptionsTest {
    static Stream<Arguments> options() {
        return Stream.of(
                option("dm.basesize=20G", DevmapperOptions::baseSize, 20L << 30),
                option("DM.BaseSize=1m", DevmapperOptions::baseSize, 1L << 20),
                option("dm.loopdatasize=2t", DevmapperOptions::loopDataSize, 2L << 40),
                option("dm.loopmetadatasize=4GB", DevmapperOptions::loopMetadataSize, 4L << 30),
                option("dm.fs=xfs", o -> o.filesystem().orElseThrow().type(), "xfs"),
                option("dm.fs=ext4", o -> o.filesystem().orElseThrow().type(), "ext4"),
                option(
                        "dm.mkfsarg=-m 1  -O ^has_journal ",
                        DevmapperOptions::makeArguments,
                        List.of("-m", "1", "-O", "^has_journal")),
                option("dm.mkfsarg=", DevmapperOptions::makeArguments, List.of()),
                option("dm.mountopt=nodiscard,noatime", DevmapperOptions::mountOptions, "nodiscard,noatime"),
                option("dm.datadev=/dev/a", o -> o.dataDevice().orElseThrow(), "/dev/a"),
                option("dm.metadatadev=/dev/b", o -> o.metadataDevice().orElseThrow(), "/dev/b"),
                option("dm.thinpooldev=/dev/mapper/vg-pool", o -> o.thinPool().orElseThrow(), "vg-pool"),
                option("dm.thinpooldev=vg-pool", o -> o.thinPool().orElseThrow(), "vg-pool"),
                option("dm.thinpooldev=vg-pool", DevmapperOptions::discards, false),
                option("dm.datadev=/dev/a", DevmapperOptions::discards, false),
                option("dm.fs=ext4", DevmapperOptions::discards, true),
                option("dm.blkdiscard=false", DevmapperOptions::discards, false),
                option("dm.thinpooldev=p;dm.blkdiscard=true", DevmapperOptions::discards, true),
                option("dm.datadev=/dev/a", DevmapperOptions::usesLoop, true),
                option("dm.datadev=/dev/a;dm.metadatadev=/dev/b", DevmapperOptions::usesLoop, false),
                option("dm.thinpooldev=p", DevmapperOptions::usesLoop, false),
                option("dm.blocksize=512K", DevmapperOptions::blockSize, 512L << 10),
                option("dm.override_udev_sync_check=1", DevmapperOptions::withoutUdev, true),
                option("dm.override_udev_sync_check=f", DevmapperOptions::withoutUdev, false),
                option("dm.use_deferred_removal=TRUE", DevmapperOptions::deferredRemoval, true),
                option("dm.use_deferred_removal=0", DevmapperOptions::deferredRemoval, false),
                option(
                        "dm.use_deferred_removal=t;dm.use_deferred_deletion=1",
                        DevmapperOptions::deferredDeletion,
                        true),
                option("dm.min_free_space=25%", DevmapperOptions::minFreeSpace, 25),
                option("dm.min_free_space=0%", DevmapperOptions::minFreeSpace, 0),
                option("dm.min_free_space=100%", DevmapperOptions::minFreeSpace, 100),
                option("dm.xfs_nospace_max_retries=0", o -> o.xfsRetries().orElseThrow(), 0),
                option("dm.libdm_log_level=0", DevmapperOptions::logLevel, 0),
                option("dm.libdm_log_level=7", DevmapperOptions::logLevel, 7));
    }

    private static Arguments option(String text, Function<DevmapperOptions, Object> read, Object expected) {
        return Arguments.of(text, read, expected);
    }

    private static Map<String, String> map(String text) {
        var options = new HashMap<String, String>();
        if (text != null) {
            for (var each : text.split(";", -1)) {
                var pair = each.split("=", 2);
                options.put(pair[0], pair[1]);
            }
        }
        return options;
    }

    @ParameterizedTest
    @MethodSource("options")
    void eachOptionIsRead(String text, Function<DevmapperOptions, Object> read, Object expected) throws Exception {
        assertThat(read.apply(DevmapperOptions.parse(map(text)))).isEqualTo(expected);
    }

    @Test
    void defaultsAreTheLaterEngines() throws Exception {
        var options = DevmapperOptions.parse(Map.of());
        assertThat(options.baseSize()).isEqualTo(10L << 30);
        assertThat(options.loopDataSize()).isEqualTo(100L << 30);
        assertThat(options.loopMetadataSize()).isEqualTo(2L << 30);
        assertThat(options.blockSize()).isEqualTo(64 << 10);
        assertThat(options.minFreeSpace()).isEqualTo(10);
        assertThat(options.filesystem()).isEmpty();
        assertThat(options.discards()).isTrue();
        assertThat(options.usesLoop()).isTrue();
        assertThat(options.withoutUdev()).isFalse();
        assertThat(options.deferredRemoval()).isFalse();
        assertThat(options.deferredDeletion()).isFalse();
        assertThat(options.makeArguments()).isEmpty();
        assertThat(options.mountOptions()).isEmpty();
        assertThat(options.xfsRetries()).isEmpty();
        assertThat(options.logLevel()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "4096, 4096",
        "1000, 512",
        "20K, 20480",
        "3m, 3145728",
        "2gb, 2147483648",
        "1 TiB, 1099511627776",
        "1P, 1125899906842624"
    })
    void sizesHaveUnitsAndAreWholeSectors(String text, long bytes) throws Exception {
        var options = DevmapperOptions.parse(
                Map.of("dm.basesize", text, "dm.loopdatasize", text, "dm.loopmetadatasize", text));
        assertThat(options.baseSize()).isEqualTo(bytes);
        assertThat(options.loopDataSize()).isEqualTo(bytes);
        assertThat(options.loopMetadataSize()).isEqualTo(bytes);
    }

    static Stream<Arguments> mistakes() {
        var mistakes = new ArrayList<Arguments>();
        for (var key : List.of("dm.basesize", "dm.loopdatasize", "dm.loopmetadatasize", "dm.blocksize")) {
            for (var value : List.of("", "much", "-1", "1.5g", "1x", "99999999999999999p", "1 1")) {
                mistakes.add(Arguments.of(key, value));
            }
        }
        for (var key : List.of(
                "dm.blkdiscard",
                "dm.override_udev_sync_check",
                "dm.use_deferred_removal",
                "dm.use_deferred_deletion")) {
            for (var value : List.of("", "2", "yes")) {
                mistakes.add(Arguments.of(key, value));
            }
        }
        for (var key : List.of("dm.xfs_nospace_max_retries", "dm.libdm_log_level")) {
            for (var value : List.of("", "-1", "one", "9999999999")) {
                mistakes.add(Arguments.of(key, value));
            }
        }
        for (var value : List.of("", "%", "ten%", "1000%", "-1%", "1.5%")) {
            mistakes.add(Arguments.of("dm.min_free_space", value));
        }
        for (var key : List.of("dm.thinpooldev", "dm.datadev", "dm.metadatadev", "dm.fs")) {
            mistakes.add(Arguments.of(key, " "));
        }
        return mistakes.stream();
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void malformedValueIsNamedWithItsOption(String key, String value) {
        var refusal = (StorageException) catchThrowable(() -> DevmapperOptions.parse(Map.of(key, value)));
        assertThat(refusal).isNotNull();
        assertThat(refusal.kind()).isEqualTo(Kind.INVALID);
        assertThat(refusal.getMessage()).contains(key);
        assertThat(refusal.advice()).isNotBlank();
    }

    /** The list in the refusal of an unknown one is that of the engine, whole. */
    @Test
    void unknownOptionIsAnsweredWithTheList() {
        var refusal = (StorageException) catchThrowable(() -> DevmapperOptions.parse(Map.of("dm.sise", "1g")));
        assertThat(refusal.getMessage()).contains("dm.sise");
        assertThat(refusal.advice())
                .contains(
                        "dm.basesize, dm.blkdiscard, dm.blocksize, dm.datadev, dm.fs, dm.libdm_log_level, dm.loopdatasize, "
                                + "dm.loopmetadatasize, dm.metadatadev, dm.min_free_space, dm.mkfsarg, dm.mountopt, "
                                + "dm.override_udev_sync_check, dm.thinpooldev, dm.use_deferred_deletion, "
                                + "dm.use_deferred_removal, dm.xfs_nospace_max_retries");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dm.directlvm_device",
                "dm.directlvm_device_force",
                "dm.thinp_percent",
                "dm.thinp_metapercent",
                "dm.thinp_autoextend_threshold",
                "DM.thinp_autoextend_percent"
            })
    void makingAPoolOfADiskIsAnsweredWithWhatToDo(String key) {
        var refusal = (StorageException) catchThrowable(() -> DevmapperOptions.parse(Map.of(key, "95")));
        assertThat(refusal.kind()).isEqualTo(Kind.INVALID);
        assertThat(refusal.getMessage()).contains(key.toLowerCase(java.util.Locale.ROOT));
        assertThat(refusal.advice()).contains("lvcreate").contains("dm.thinpooldev");
    }

    @Test
    void layersHaveASizeAndNothingElse() throws Exception {
        assertThat(DevmapperOptions.sizeOf(Map.of())).isEmpty();
        assertThat(DevmapperOptions.sizeOf(Map.of("Size", "20G"))).hasValue(20L << 30);
        for (var wrong : List.of(Map.of("size", "much"), Map.of("size", ""), Map.of("dm.basesize", "1g"))) {
            var refusal = (StorageException) catchThrowable(() -> DevmapperOptions.sizeOf(wrong));
            assertThat(refusal.kind()).isEqualTo(Kind.INVALID);
            assertThat(refusal.getMessage() + refusal.advice()).contains("size");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "dm.sise=1g, dm.basesize",
        "overlay2.size=1g, dm.basesize",
        "dm.basesize=much, no size",
        "dm.basesize=1, 1 bytes",
        "dm.fs=btrfs, ext4 or xfs",
        "dm.blocksize=100k, multiple of 64k",
        "dm.blocksize=32k, multiple of 64k",
        "dm.blkdiscard=maybe, true or false",
        "dm.use_deferred_deletion=true, dm.use_deferred_removal",
        "dm.min_free_space=10, 10%",
        "dm.min_free_space=101%, 10%",
        "dm.xfs_nospace_max_retries=-1, number",
        "dm.libdm_log_level=8, 0 to 7",
        "dm.thinpooldev=p;dm.datadev=/dev/a, dm.datadev",
        "dm.thinpooldev=, empty",
        "dm.directlvm_device=/dev/sdx, dm.thinpooldev",
        "dm.thinp_percent=95, lvcreate"
    })
    void mistakesAreToldWithWhatToDo(String text, String told) {
        var refusal = (StorageException) catchThrowable(() -> DevmapperOptions.parse(map(text)));
        assertThat(refusal.kind()).isEqualTo(Kind.INVALID);
        assertThat(refusal.getMessage() + " " + refusal.advice()).contains(told);
    }
}
