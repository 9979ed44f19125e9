package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import storage.testkit.Guest;

/** The whole kit on thin devices, in a guest: half an hour and more, so only when everything is asked for. */
class DevmapperConformanceTest {
    private static final int MINUTES = 120;

    @Test
    void kitPassesOnAThinPool() throws Exception {
        GuestDriver.onlyWhenAllIsAskedFor();
        var run = Guest.run(Ext4InGuest.class, MINUTES, "--udev");
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isGreaterThan(100);
    }
}
