package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import storage.testkit.Guest;

/** In a guest: nothing survives there but what was written. */
class DevmapperCrashTest {
    private static final int MINUTES = 60;

    @Test
    void killedProcessesLeaveWholeStores() throws Exception {
        GuestDriver.onlyWhenAllIsAskedFor();
        var run = Guest.run(CrashInGuest.class, MINUTES, "--udev");
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isEqualTo(4);
    }

    @Test
    void countsAreExactAfterManyThreads() throws Exception {
        GuestDriver.onlyWhenAllIsAskedFor();
        // threads that are at work at the same time, not only in turns
        var run = Guest.run(ConcurrencyInGuest.class, MINUTES, "--udev", "--processors", "2");
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isEqualTo(1);
    }
}
