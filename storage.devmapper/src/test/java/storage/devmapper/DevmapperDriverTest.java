package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.IdMaps;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.Verdict.Outcome;
import storage.linux.Linux;
import storage.linux.dm.DeviceMapper;
import storage.loopback.KernelLoopDevices;

/** What the driver says where it cannot work, which is on most machines. */
class DevmapperDriverTest {
    @TempDir
    Path folder;

    private final FakeMapper fake = new FakeMapper("pool");

    private DevmapperDriver driver(DeviceMapper mapper) {
        var linux = Linux.syscalls();
        return new DevmapperDriver(linux, mapper, new KernelLoopDevices(linux));
    }

    private DriverHome home(Map<String, String> options) {
        return new DriverHome(folder.resolve("root"), options, IdMaps.IDENTITY, StoreInfo.Access.WRITE);
    }

    @Test
    void machineWithoutTheLibraryIsToldSo() {
        fake.missing = "The library libdevmapper.so.1.02.1 cannot be loaded";
        var verdict = driver(fake).check(home(Map.of()));
        assertThat(verdict.outcome()).isEqualTo(Outcome.NOT_SUPPORTED);
        assertThat(verdict.reason()).contains("libdevmapper.so");
        assertThat(verdict.advice()).isNotBlank();
        var refusal = (StorageException)
                catchThrowable(() -> driver(fake).open(home(Map.of())).close());
        assertThat(refusal.kind()).isEqualTo(Kind.NOT_SUPPORTED);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void kernelWithoutDeviceMapperIsToldInOneSentence() {
        Assumptions.assumeFalse(Files.exists(Path.of("/dev/mapper/control")), "this kernel has device-mapper");
        var verdict = driver(DeviceMapper.system()).check(home(Map.of()));
        assertThat(verdict.outcome()).isIn(Outcome.NOT_SUPPORTED, Outcome.PREREQUISITES);
        assertThat(verdict.reason()).isNotBlank().doesNotContain("\n");
        assertThat(verdict.advice()).isNotBlank();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void unknownOptionIsRefusedBeforeAnythingIsLookedAt() {
        var refusal = (StorageException) catchThrowable(
                () -> driver(fake).open(home(Map.of("dm.sise", "1g"))).close());
        assertThat(refusal.kind()).isEqualTo(Kind.INVALID);
        assertThat(refusal.advice()).contains("dm.basesize");
    }

    @Test
    void layersAreThoseThatHaveARecord() throws Exception {
        var metadata = Files.createDirectories(folder.resolve("root/devicemapper/metadata"));
        for (var name : new String[] {"base", "abc", ".tmp1", "deviceset-metadata", "old.migrated"}) {
            Files.writeString(metadata.resolve(name), "{}");
        }
        assertThat(driver(fake).layers(home(Map.of()))).containsExactly(new LayerId("abc"));
    }
}
