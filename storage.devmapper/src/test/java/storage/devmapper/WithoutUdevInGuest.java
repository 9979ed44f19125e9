package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.devmapper.GuestStore.id;
import static storage.devmapper.GuestStore.refused;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import storage.api.StorageException.Kind;
import storage.api.driver.Verdict.Outcome;
import storage.linux.Linux;

/** Where udev does not run: run by {@link DevmapperStoreTest}. */
class WithoutUdevInGuest {
    private final GuestStore test = new GuestStore();

    @AfterEach
    void clearAway() throws Exception {
        test.with("dm.override_udev_sync_check", "true").clear();
    }

    @Test
    void itIsRefusedUnlessOneInsists() throws Exception {
        var verdict = new GuestDriver(Linux.syscalls()).check(test.home());
        assertThat(verdict.outcome()).isEqualTo(Outcome.PREREQUISITES);
        assertThat(verdict.advice()).contains("dm.override_udev_sync_check");
        refused(Kind.PREREQUISITES, test::open);
        assertThat(GuestStore.ROOT).doesNotExist();

        test.with("dm.override_udev_sync_check", "true").with("dm.libdm_log_level", "5");
        test.image("low", "", "a");
        test.box("box", "low", Map.of());
        test.store().get(id("box"), "");
        assertThat(test.store().status()).containsEntry("Udev Sync Supported", "false");
        test.open();
        test.store().put(id("box"));
        assertThat(test.names("box")).containsExactly("a");
    }
}
