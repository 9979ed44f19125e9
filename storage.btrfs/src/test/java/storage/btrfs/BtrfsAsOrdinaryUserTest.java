package storage.btrfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import storage.api.FileNames;
import storage.api.driver.DriverHome;
import storage.api.driver.Verdict;
import storage.linux.Errno;
import storage.linux.Linux;
import storage.linux.MountCalls;
import storage.linux.PathBytes;
import storage.testkit.OrdinaryUser;
import storage.testkit.TestFilesystem;
import storage.testkit.store.Setting;

/** The whole kit once more, without any privilege, on a filesystem that lets its users delete subvolumes. */
class BtrfsAsOrdinaryUserTest {
    /** Far fewer than there are: what matters is that they were run. */
    private static final int MANY = 100;

    /** A new one for each test, because of its mount options. */
    private final TestFilesystem btrfs = TestFilesystem.image("btrfs");

    /** Where anybody can go: the build's folder may lie in somebody's home. */
    private Path place;

    @BeforeEach
    void show() throws Exception {
        btrfs.beforeAll(null);
        var top = Files.createTempDirectory("storage-btrfs-");
        Files.setPosixFilePermissions(top, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        place = Files.createDirectory(top.resolve("fs"));
        mount(btrfs.path(), MountCalls.MS_BIND, "");
    }

    private void mount(Path source, long flags, String options) throws Exception {
        var result = Linux.syscalls()
                .mount(PathBytes.of(source), PathBytes.of(place), new byte[0], flags, FileNames.encode(options));
        Errno.check(result, "mount", place.toString());
    }

    @AfterEach
    void hide() throws Exception {
        if (place != null) {
            Linux.syscalls().umount2(PathBytes.of(place), 0);
            Files.delete(place);
            Files.delete(place.getParent());
        }
        btrfs.afterAll(null);
    }

    @Test
    void everythingWorksWithoutPrivilege() throws Exception {
        mount(place, MountCalls.MS_REMOUNT, "user_subvol_rm_allowed");
        var result = OrdinaryUser.run(Unprivileged.class, place);
        assertThat(result.failed()).as(result.output()).isZero();
        assertThat(result.tests()).as(result.output()).isGreaterThan(MANY);
    }

    @Test
    void withoutTheMountOptionItSaysWhatIsMissing() throws Exception {
        var result = OrdinaryUser.run(WithoutTheOption.class, place);
        assertThat(result.failed()).as(result.output()).isZero();
        assertThat(result.tests()).as(result.output()).isEqualTo(1);
    }

    /** Run by the user: the usual setting is enough, the others differ where he cannot go. */
    static class Unprivileged extends BtrfsConformanceTest {
        static List<Setting> settings() {
            return List.of(Setting.USUAL);
        }
    }

    /** Run by the user. */
    static class WithoutTheOption {
        @Test
        void isAPrerequisite() {
            var place = Path.of(System.getProperty(TestFilesystem.FOLDER));
            var verdict = new BtrfsDriver(Linux.syscalls()).check(DriverHome.at(place.resolve("root")));
            assertThat(verdict.outcome()).as(verdict.toString()).isEqualTo(Verdict.Outcome.PREREQUISITES);
            assertThat(verdict.advice()).contains("user_subvol_rm_allowed").contains("root");
            assertThat(place).isEmptyDirectory();
        }
    }
}
