package storage.aufs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.testkit.Guest;
import storage.testkit.Require;

/** All that can be tried only where the kernel has aufs, in a guest with such a kernel; docs/drivers/aufs.md tells how. */
class AufsInGuestTest {
    @ParameterizedTest
    @ValueSource(
            classes = {AufsKernelTest.class, AufsSupportTest.class, AufsLayoutTest.class, AufsConformanceTest.class})
    @Timeout(7200)
    void everythingWorksOnTheRealOne(Class<?> tests) throws Exception {
        Require.feature(
                "aufs",
                System.getProperty(Guest.KERNEL) != null,
                "-D" + Guest.KERNEL + " names no kernel package that has it");
        var run = Guest.run(tests, "1G");
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isPositive();
    }
}
