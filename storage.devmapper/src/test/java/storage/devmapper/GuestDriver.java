package storage.devmapper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;
import storage.linux.Syscalls;
import storage.linux.dm.DeviceMapper;
import storage.loopback.KernelLoopDevices;
import storage.testkit.store.Settings;

/** The driver with this machine's device-mapper and loop devices: the kit, and processes of its, know system calls only. */
final class GuestDriver implements GraphDriver {
    private final DevmapperDriver driver;

    /** Guests with a thin pool take minutes: skipped with this reason where not everything is asked for. */
    static void onlyWhenAllIsAskedFor() {
        Assumptions.assumeTrue(
                "full".equals(System.getProperty(Settings.MATRIX)), "a pool in a guest takes minutes: ./check --full");
    }

    GuestDriver(Syscalls linux) {
        driver = new DevmapperDriver(linux, DeviceMapper.system(), new KernelLoopDevices(linux));
    }

    @Override
    public String name() {
        return driver.name();
    }

    @Override
    public String homeName() {
        return driver.homeName();
    }

    @Override
    public Verdict check(DriverHome home) {
        return driver.check(given(home));
    }

    @Override
    public Set<LayerId> layers(DriverHome home) throws StorageException {
        return driver.layers(given(home));
    }

    @Override
    public LayerStore open(DriverHome home) throws StorageException {
        return driver.open(given(home));
    }

    private static DriverHome given(DriverHome home) {
        try {
            return GivenPools.in(home);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
