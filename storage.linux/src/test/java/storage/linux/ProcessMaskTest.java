package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessMaskTest {
    @Test
    void isWhatTheKernelTakesFromNewFiles() throws Exception {
        var linux = Folder.LINUX;
        var before = linux.umask(0137);
        try {
            assertThat(ProcessMask.current()).isEqualTo(0137);
            linux.umask(0);
            assertThat(ProcessMask.current()).isZero();
        } finally {
            linux.umask(before);
        }
        assertThat(ProcessMask.current()).isEqualTo(before);
    }
}
