package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import storage.testkit.Guest;
import storage.testkit.Require;

/** A real engine on device-mapper, in a guest. */
class DevmapperEngineTest {
    private static final int MINUTES = 60;

    @Test
    void homesGoBothWays() throws Exception {
        GuestDriver.onlyWhenAllIsAskedFor();
        Require.program("dockerd");
        var run = Guest.run(EngineInGuest.class, MINUTES, "--disk", "3G", "--udev");
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isEqualTo(2);
    }
}
