package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.IdMaps;
import storage.api.LayerCheck.Finding;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.linux.Linux;
import storage.loopback.KernelLoopDevices;

/** What a look at the files finds, and what a repair does with it. */
class DevmapperCheckTest {
    private static final String RECORD =
            "{\"device_id\":%d,\"size\":1048576,\"transaction_id\":1,\"initialized\":true,\"deleted\":false}";

    @TempDir
    Path folder;

    private StoreInfo info;
    private Path metadata;
    private DevmapperCheck check;

    @BeforeEach
    void layOut() throws Exception {
        var linux = Linux.syscalls();
        var mapper = new FakeMapper("pool");
        var loops = new KernelLoopDevices(linux);
        var home = new DriverHome(folder.resolve("root"), Map.of(), IdMaps.IDENTITY, StoreInfo.Access.WRITE);
        info = home.info(new DevmapperDriver(linux, mapper, loops));
        metadata = Files.createDirectories(info.home().resolve("metadata"));
        Files.createDirectories(info.home().resolve("devicemapper"));
        Files.createDirectories(info.state());
        Files.writeString(metadata.resolve("base"), String.format(RECORD, 1));
        Files.writeString(metadata.resolve("good"), String.format(RECORD, 2));
        Files.writeString(metadata.resolve("deviceset-metadata"), "{\"next_device_id\":2}");
        var stock = new Stock(linux, mapper, loops, info, DevmapperOptions.parse(Map.of()), step -> {});
        check = new DevmapperCheck(linux, info, stock);
    }

    @Test
    void healthySetHasNoFindings() throws Exception {
        assertThat(check.findings()).isEmpty();
        assertThat(check.repair()).isEmpty();
    }

    /** They are named, and stay as they are: only a backup has what they held. */
    @Test
    void damagedRecordsAreFoundAndLeft() throws Exception {
        Files.writeString(metadata.resolve("box"), "{\"device_id\":");
        Files.writeString(metadata.resolve("large"), String.format(RECORD, 1 << 24));
        Files.writeString(metadata.resolve("deviceset-metadata"), "");
        Files.writeString(metadata.resolve("transaction-metadata"), "[1]");
        assertThat(check.findings()).noneMatch(Finding::repairable);
        assertThat(check.findings())
                .extracting(finding -> finding.layer() + " " + finding.path())
                .containsExactlyInAnyOrder(
                        "box metadata/box",
                        "large metadata/large",
                        " metadata/deviceset-metadata",
                        " metadata/transaction-metadata");
        assertThat(check.repair()).isEmpty();
        assertThat(metadata.resolve("box")).hasContent("{\"device_id\":");
        assertThat(metadata.resolve("transaction-metadata")).hasContent("[1]");
    }

    @Test
    void baseDeviceIsNamedByItsFile() throws Exception {
        Files.writeString(metadata.resolve("base"), "");
        assertThat(check.findings()).extracting(Finding::path).containsExactly("metadata/base");
    }

    @Test
    void deviceOfTwoLayersIsFound() throws Exception {
        Files.writeString(metadata.resolve("other"), String.format(RECORD, 2));
        assertThat(check.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.problem()).contains("good").contains("other").contains("same device 2");
            assertThat(finding.repairable()).isFalse();
        });
    }

    @Test
    void strangersAreSetAsideWhole() throws Exception {
        Files.writeString(info.home().resolve("note"), "n");
        Files.createDirectories(metadata.resolve("not a layer"));
        Files.writeString(metadata.resolve("not a layer/precious"), "p");
        assertThat(check.findings()).hasSize(2).allMatch(Finding::repairable);
        assertThat(check.repair()).hasSize(2);
        assertThat(check.findings()).isEmpty();
        var aside = info.state().resolveSibling("quarantine").resolve("devicemapper");
        assertThat(aside.resolve("note-1")).hasContent("n");
        assertThat(aside.resolve("not a layer-1/precious")).hasContent("p");
        assertThat(metadata.resolve("good")).exists();
    }
}
