package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import storage.api.StorageException;
import storage.linux.dm.Target;

/** Numbers, names and texts. */
class SmallPartsTest {
    @Test
    void numbersGoRoundAndAreNotGivenTwice() throws Exception {
        var ids = new DeviceIds(DeviceIds.LARGEST - 1);
        ids.use(0);
        assertThat(ids.next()).isEqualTo(DeviceIds.LARGEST);
        assertThat(ids.next()).isEqualTo(1);
        ids.free(DeviceIds.LARGEST);
        assertThat(ids.next()).as("not the one just freed").isEqualTo(2);
        assertThat(ids.last()).isEqualTo(2);
    }

    @Test
    void poolWithoutNumbersSaysSo() {
        var ids = new DeviceIds(0);
        for (var i = 0; i <= DeviceIds.LARGEST; i++) {
            ids.use(i);
        }
        assertThat(catchThrowable(ids::next)).hasMessageContaining("16777216 devices");
    }

    @Test
    void namesThatTheKernelCannotTakeAreShortened() {
        var prefix = "docker-253:16-1234567890123";
        assertThat(ThinDevices.name(prefix, "")).isEqualTo(prefix + "-base");
        assertThat(ThinDevices.name(prefix, "abc")).isEqualTo(prefix + "-abc");
        var one = ThinDevices.name(prefix, "x".repeat(128));
        assertThat(one).hasSizeLessThan(128).isNotEqualTo(ThinDevices.name(prefix, "y".repeat(128)));
    }

    /** udev makes it, and may be slow or give up; a device that is left active may have lost it too. */
    @Test
    void nodeOfADeviceIsMadeWhereUdevHasMadeNone() throws Exception {
        var mapper = new FakeMapper("p");
        var devices = new ThinDevices(mapper, new ThinPool(mapper, "p"), "docker-none", false);
        devices.activate("a", new DeviceRecord(1, 1 << 20, 1, true, false));
        assertThat(mapper.active).containsOnlyKeys("docker-none-a");
        assertThat(mapper.nodes).containsExactly("docker-none-a");
        mapper.nodes.clear();
        devices.activate("a", new DeviceRecord(1, 1 << 20, 1, true, false));
        assertThat(mapper.nodes).containsExactly("docker-none-a");
    }

    @Test
    void statusOfAPoolIsRead() throws Exception {
        var status = PoolStatus.of(
                "p",
                new Target(0, 4096, "thin-pool", "5 12/1024 10/32 - out_of_data_space no_discard needs_check 1024"));
        assertThat(status.transaction()).isEqualTo(5);
        assertThat(status.blockSize()).isEqualTo(64 << 10);
        assertThat(status.canBeWritten()).isFalse();
        assertThat(status.needsCheck()).isTrue();
        assertThat(status.isBelow(68)).isFalse();
        assertThat(status.isBelow(69)).isTrue();
        assertThat(((StorageException) catchThrowable(() -> PoolStatus.of("p", new Target(0, 1, "thin-pool", "Fail"))))
                        .getMessage())
                .contains("Fail");
    }

    @ParameterizedTest
    @CsvSource({"0, 0B", "999, 999B", "65536, 65.54kB", "10737418240, 10.74GB", "1000000, 1MB"})
    void sizesAreWrittenAsTheEngineDoes(long bytes, String text) {
        assertThat(StatusReport.size(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"4.47.0, true", "4.27.0, true", "4.26.9, false", "5.0.0, true", "3.99.0, false", "x, false"})
    void deferredRemovalNeedsTheKernelsPart(String version, boolean can) {
        assertThat(DevmapperSupport.defersRemoval(version)).isEqualTo(can);
    }
}
