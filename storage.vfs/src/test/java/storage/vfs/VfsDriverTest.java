package storage.vfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.IdMaps;
import storage.api.LayerCheck;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.Verdict;
import storage.linux.Linux;
import storage.testkit.Require;

class VfsDriverTest {
    private final VfsDriver driver = new VfsDriver(Linux.syscalls());

    @TempDir
    Path folder;

    @Test
    void worksAnywhereAndSaysWhere() {
        var verdict = driver.check(DriverHome.at(folder.resolve("a/b")));
        assertThat(verdict.outcome()).isEqualTo(Verdict.Outcome.SUPPORTED);
        assertThat(verdict.evidence()).extracting(Verdict.Evidence::what).contains("filesystem of " + folder);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void folderThatCannotBeWrittenToIsAPrerequisite() throws Exception {
        // for root only what the kernel itself refuses to change
        var closed = Require.isRoot() ? Path.of("/proc/sys") : Files.createDirectory(folder.resolve("closed"));
        if (!Require.isRoot()) {
            Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-x------"));
        }
        org.junit.jupiter.api.Assumptions.assumeFalse(Files.isWritable(closed), "root may write everywhere here");
        var verdict = driver.check(DriverHome.at(closed.resolve("root")));
        assertThat(verdict.outcome()).isEqualTo(Verdict.Outcome.PREREQUISITES);
        assertThat(verdict.advice()).isNotBlank();
    }

    @Test
    void optionsAreRefusedByName() {
        var home = new DriverHome(
                folder.resolve("r"), Map.of("vfs.size", "1G", "a", "b"), IdMaps.IDENTITY, StoreInfo.Access.WRITE);
        var refusal = (StorageException) catchThrowable(() -> driver.open(home).close());
        assertThat(refusal.kind()).isEqualTo(StorageException.Kind.INVALID);
        assertThat(refusal.getMessage()).contains("a, vfs.size");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void layersLieWhereTheEngineHasThem() throws Exception {
        var id = new LayerId("0123");
        try (var store = driver.open(DriverHome.at(folder.resolve("r")))) {
            store.createReadWrite(id, Optional.empty(), LayerOptions.NONE);
            assertThat(store.get(id, "")).isEqualTo(folder.resolve("r/vfs/dir/0123"));
            assertThat(store.metadata(id)).isEmpty();
            assertThat(store.status()).containsKey("Backing Filesystem");
            store.put(id);
        }
        assertThat(driver.layers(DriverHome.at(folder.resolve("r")))).containsExactly(id);
    }

    @Test
    void filesAmongTheLayersAreFoundAndSetAside() throws Exception {
        try (var store = driver.open(DriverHome.at(folder.resolve("r")))) {
            var layers = folder.resolve("r/vfs/dir");
            Files.writeString(layers.resolve("file"), "f");
            Files.createDirectory(layers.resolve("no id"));
            Files.createSymbolicLink(layers.resolve("link"), folder);
            var check = store.ability(LayerCheck.class).orElseThrow();
            assertThat(check.findings())
                    .allMatch(LayerCheck.Finding::repairable)
                    .extracting(LayerCheck.Finding::path)
                    .containsExactlyInAnyOrder("vfs/dir/file", "vfs/dir/no id", "vfs/dir/link");
            assertThat(store.layers()).isEmpty();
            assertThat(store.exists(new LayerId("link"))).isFalse();
            assertThat(check.repair()).hasSize(3);
            assertThat(check.findings()).isEmpty();
            assertThat(layers).isEmptyDirectory();
            assertThat(folder.resolve("r/storage/quarantine/vfs/file-1")).hasContent("f");
        }
    }
}
