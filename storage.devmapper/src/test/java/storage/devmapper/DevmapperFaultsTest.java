package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import storage.testkit.Guest;

/** Full pools and failing disks, in a guest. */
class DevmapperFaultsTest {
    private static final int MINUTES = 30;

    @Test
    void faultsAreToldAndNothingIsLost() throws Exception {
        GuestDriver.onlyWhenAllIsAskedFor();
        var run = Guest.run(FaultsInGuest.class, MINUTES, "--disk", "1G", "--udev");
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isEqualTo(10);
    }
}
