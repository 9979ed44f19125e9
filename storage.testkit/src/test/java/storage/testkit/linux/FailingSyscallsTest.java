package storage.testkit.linux;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.Linux;

class FailingSyscallsTest {
    private static final byte[] ROOT = {'/'};
    private final FailingSyscalls kernel = FailingSyscalls.around(Linux.syscalls());

    private int open() {
        return kernel.syscalls().openat(FileCalls.AT_FDCWD, ROOT, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, 0);
    }

    private int close(int fd) {
        return kernel.syscalls().close(fd);
    }

    @Test
    void passesOnWhatNoRuleConcerns() {
        var fd = open();
        assertThat(fd).isPositive();
        assertThat(kernel.syscalls().lseek(fd, 0, FileCalls.SEEK_SET)).isZero();
        assertThat(close(fd)).isZero();
        assertThat(close(fd)).isEqualTo(-Errno.EBADF);
        assertThat(kernel.syscalls().pageSize()).isPositive();
        assertThat(kernel.count()).as("close and pageSize are not counted").isEqualTo(2);
        assertThat(kernel.count("close")).isEqualTo(2);
        assertThat(kernel.struck()).isZero();
        assertThat(kernel.syscalls()).isEqualTo(kernel.syscalls());
    }

    @Test
    void failsTheNthOfAName() {
        kernel.fail("openat", 2, Errno.EMFILE).fail("lseek", 1, Errno.EIO);
        var fd = open();
        assertThat(fd).isPositive();
        assertThat(open()).isEqualTo(-Errno.EMFILE);
        assertThat(close(open())).isZero();
        assertThat(kernel.syscalls().lseek(fd, 0, 0)).isEqualTo(-5L);
        assertThat(kernel.struck()).isEqualTo(2);
        assertThat(close(fd)).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> kernel.fail("open", 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> kernel.fail("openat", 0, 1));
    }

    @Test
    void failsTheNthOfAll() {
        kernel.failFrom(2, Errno.EIO);
        var fd = open();
        assertThat(kernel.syscalls().fsync(fd)).isEqualTo(-Errno.EIO);
        assertThat(open()).isEqualTo(-Errno.EIO);
        assertThat(close(fd)).isZero();
        kernel.reset().fail(1, Errno.EACCES);
        assertThat(open()).isEqualTo(-Errno.EACCES);
        assertThat(close(open())).isZero();
    }

    @Test
    void aFailingCloseStillCloses() {
        var fd = open();
        kernel.fail("close", 1, Errno.EIO);
        assertThat(close(fd)).isEqualTo(-Errno.EIO);
        assertThat(close(fd)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void afterDeathNothingHappensAnyMore(@TempDir Path path) {
        kernel.dieAt(2);
        var fd = open();
        var made = path.resolve("made").toString().getBytes(US_ASCII);
        for (var attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> kernel.syscalls().mkdirat(FileCalls.AT_FDCWD, made, 0700))
                    .isInstanceOf(FailingSyscalls.Death.class)
                    .hasMessageContaining("mkdirat");
        }
        assertThat(path.resolve("made")).doesNotExist();
        assertThat(close(fd)).isZero();
        assertThat(kernel.reset().syscalls().mkdirat(FileCalls.AT_FDCWD, made, 0700))
                .isZero();
    }

    @Test
    void recordsCalls() {
        kernel.recording();
        var fd = open();
        assertThat(kernel.calls()).hasToString("[openat(-100, \"/\", " + FileCalls.O_DIRECTORY + ", 0) = " + fd + "]");
        assertThat(close(fd)).isZero();
        assertThat(kernel.calls()).hasSize(2);
    }

    @Test
    void withoutOpenat2() {
        var linux = NoOpenat2.around(Linux.syscalls());
        assertThat(linux.openat2(FileCalls.AT_FDCWD, ROOT, 0, 0, 0)).isEqualTo(-Errno.ENOSYS);
        var fd = linux.openat(FileCalls.AT_FDCWD, ROOT, FileCalls.O_RDONLY, 0);
        assertThat(fd).isPositive();
        assertThat(linux.close(fd)).isZero();
    }
}
