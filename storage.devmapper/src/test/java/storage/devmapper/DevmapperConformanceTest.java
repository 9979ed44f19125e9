package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import storage.testkit.Guest;
import storage.testkit.store.LayerStoreConformance;

/**
 * The kit on thin devices, in a guest. Emulation makes each of its rules take seconds, so a check runs those of the life
 * cycle; all of them, in all settings, take hours.
 */
class DevmapperConformanceTest {
    private static final String CORE = LayerStoreConformance.class.getName() + "$LifeCycle";
    private static final int MINUTES = 20;
    private static final int MANY_MINUTES = 600;

    @Test
    void layersLiveAndDieOnAThinPool() throws Exception {
        var run = Guest.run(KitInGuest.class, List.of(CORE), MINUTES, "--udev", "--disk", GivenPools.DISK);
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isGreaterThan(50);
    }

    @Test
    void wholeKitPassesOnAThinPool() throws Exception {
        GuestDriver.onlyWhenAllIsAskedFor();
        var run = Guest.run(KitInGuest.class, MANY_MINUTES, "--udev", "--disk", GivenPools.DISK);
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isGreaterThan(500);
    }
}
