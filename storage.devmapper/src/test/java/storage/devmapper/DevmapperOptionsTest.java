package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
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
                option("dm.mkfsarg=-m 1 -O ^has_journal", o -> o.makeArguments().size(), 4),
                option("dm.mountopt=nodiscard,noatime", DevmapperOptions::mountOptions, "nodiscard,noatime"),
                option("dm.datadev=/dev/a", o -> o.dataDevice().orElseThrow(), "/dev/a"),
                option("dm.metadatadev=/dev/b", o -> o.metadataDevice().orElseThrow(), "/dev/b"),
                option("dm.thinpooldev=/dev/mapper/vg-pool", o -> o.thinPool().orElseThrow(), "vg-pool"),
                option("dm.thinpooldev=vg-pool", o -> o.thinPool().orElseThrow(), "vg-pool"),
                option("dm.thinpooldev=vg-pool", DevmapperOptions::discards, false),
                option("dm.datadev=/dev/a", DevmapperOptions::discards, false),
                option("dm.fs=ext4", DevmapperOptions::discards, true),
                option("dm.blkdiscard=false", DevmapperOptions::discards, false),
                option("dm.blocksize=512K", DevmapperOptions::blockSize, 512L << 10),
                option("dm.override_udev_sync_check=1", DevmapperOptions::withoutUdev, true),
                option("dm.use_deferred_removal=true", DevmapperOptions::deferredRemoval, true),
                option("dm.min_free_space=25%", DevmapperOptions::minFreeSpace, 25),
                option("dm.xfs_nospace_max_retries=0", o -> o.xfsRetries().orElseThrow(), 0),
                option("dm.libdm_log_level=5", DevmapperOptions::logLevel, 5));
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
