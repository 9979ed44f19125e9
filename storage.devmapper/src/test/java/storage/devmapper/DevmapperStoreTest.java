package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import storage.testkit.Guest;

/** Thin devices need a kernel that has them: in a guest. */
class DevmapperStoreTest {
    private static final int MINUTES = 30;

    @Test
    void storesWorkOnAThinPool() throws Exception {
        GuestDriver.onlyWhenAllIsAskedFor();
        var run = Guest.run(StoreInGuest.class, MINUTES, "--disk", "2G", "--udev");
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isEqualTo(11);
    }

    @Test
    void withoutUdevOneHasToInsist() throws Exception {
        GuestDriver.onlyWhenAllIsAskedFor();
        var run = Guest.run(WithoutUdevInGuest.class, MINUTES);
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isEqualTo(1);
    }
}
