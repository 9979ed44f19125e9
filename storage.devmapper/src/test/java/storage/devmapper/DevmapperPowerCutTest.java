package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import storage.testkit.Guest;

/** A killed process or guest is no power cut: the kernel, or the host, still writes what they left. */
class DevmapperPowerCutTest {
    private static final int MINUTES = 60;

    @Test
    void eachFlushLeavesAWholeStore() throws Exception {
        GuestDriver.onlyWhenAllIsAskedFor();
        var run = Guest.run(PowerCutInGuest.class, MINUTES, "--disk", "2G", "--udev");
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isEqualTo(1);
    }
}
