package storage.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import storage.testkit.Guest;

/** Thin devices need a kernel that has them: the exchange of their bundle under load, in a guest. */
class DevmapperSwapIT {
    private static final int MINUTES = 40;

    @Test
    void theBundleIsUpdatedUnderLoad() throws Exception {
        assumeTrue("full".equals(System.getProperty("storage.test.matrix")), "minutes in a guest: ./check --full");
        var run = Guest.run(DevmapperSwapInGuest.class, MINUTES, "--udev");
        System.out.println(run.output()
                .lines()
                .filter(line -> line.startsWith("devmapper: "))
                .findFirst()
                .orElse(""));
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isEqualTo(1);
    }
}
