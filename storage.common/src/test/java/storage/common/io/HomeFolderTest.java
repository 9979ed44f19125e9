package storage.common.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.linux.Linux;
import storage.linux.Syscalls;

class HomeFolderTest {
    private final Syscalls linux = Linux.syscalls();

    @TempDir
    Path folder;

    private String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private void ensure(Path path, int mode) throws IOException {
        HomeFolder.ensure(linux, path, mode, linux.geteuid(), linux.getegid());
    }

    @Test
    void makesWhatIsMissingAndPutsModesRight() throws Exception {
        var home = folder.resolve("a/b/home");
        ensure(home, HomeFolder.STATE_MODE);
        assertThat(mode(home)).isEqualTo("rwx------");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));
        ensure(home, HomeFolder.STATE_MODE);
        assertThat(mode(home)).isEqualTo("rwx------");
    }

    @Test
    void homeMayBePassedThroughByItsGroup() throws Exception {
        Assumptions.assumeTrue(linux.geteuid() == 0, "an ordinary user's home is his own");
        var home = folder.resolve("home");
        HomeFolder.ensure(linux, home, HomeFolder.HOME_MODE, 1234, 5678);
        assertThat(mode(home)).isEqualTo("rwx--x---");
        assertThat(Files.getAttribute(home, "unix:uid")).isEqualTo(1234);
        assertThat(Files.getAttribute(home, "unix:gid")).isEqualTo(5678);
        ensure(home, HomeFolder.HOME_MODE);
        assertThat(Files.getAttribute(home, "unix:uid")).isEqualTo(0);
    }

    @Test
    void dataRootThatIsThereStaysAsItIs() throws Exception {
        var root = folder.resolve("x/root");
        HomeFolder.ensureRoot(linux, root, 0);
        assertThat(mode(root)).startsWith("rwx").endsWith("---");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        HomeFolder.ensureRoot(linux, root, 0);
        assertThat(mode(root)).isEqualTo("rwxr-xr-x");
    }

    @Test
    void fileInTheWayIsNamed() throws Exception {
        var file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> ensure(file.resolve("home"), 0700)).hasMessageContaining(file.toString());
        assertThatThrownBy(() -> ensure(file, 0700)).hasMessageContaining(file.toString());
    }

    @Test
    void rootThatIsNoFolderIsRefused() throws Exception {
        var file = Files.writeString(folder.resolve("file"), "");
        var link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));
        assertThatThrownBy(() -> HomeFolder.ensureRoot(linux, file, 0)).hasMessageContaining("is no folder");
        assertThatThrownBy(() -> HomeFolder.ensureRoot(linux, link, 0)).hasMessageContaining("leads nowhere");
        assertThat(folder.resolve("nowhere")).doesNotExist();
    }

    @Test
    void rootThatOthersControlIsToldOf() throws Exception {
        var root = Files.createDirectory(folder.resolve("root"));
        for (var mode : new String[] {"rwx------", "rwxr-xr-x", "rwxrwxr-x"}) {
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString(mode));
            assertThat(HomeFolder.exposure(linux, root)).as(mode).isEmpty();
        }
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(HomeFolder.exposure(linux, root).orElseThrow()).contains(root.toString(), "777");
        assertThat(HomeFolder.exposure(linux, Path.of("/tmp"))).as("sticky").isEmpty();
        if (linux.geteuid() == 0) {
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
            Files.setAttribute(root, "unix:uid", 1234);
            assertThat(HomeFolder.exposure(linux, root).orElseThrow()).contains("user 1234");
        }
        assertThat(HomeFolder.exposure(linux, folder.resolve("none"))).isEmpty();
    }

    @Test
    void mappedRootsGetToTheirLayers() throws Exception {
        Assumptions.assumeTrue(linux.geteuid() == 0, "only root maps ids");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        var root = folder.resolve("root");
        HomeFolder.ensureRoot(linux, root, 5678);
        assertThat(mode(root)).isEqualTo("rwx--x---");
        assertThat(Files.getAttribute(root, "unix:uid")).isEqualTo(0);
        assertThat(Files.getAttribute(root, "unix:gid")).isEqualTo(5678);
        var above = folder.getParent();
        assertThat(HomeFolder.obstacle(linux, root, 1234, 5678))
                .as("passes through " + above)
                .isEqualTo(HomeFolder.obstacle(linux, above, 1234, 5678));
        assertThat(HomeFolder.obstacle(linux, root, 1234, 9).orElseThrow())
                .contains("1234", root.toString(), "(mode 710)");
        assertThat(HomeFolder.obstacle(linux, root, 0, 0))
                .as("root passes everywhere")
                .isEmpty();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        assertThat(HomeFolder.obstacle(linux, root, 1234, 5678).orElseThrow()).contains("through " + folder + " ");
    }
}
