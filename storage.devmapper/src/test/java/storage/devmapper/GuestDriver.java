package storage.devmapper;

import java.util.Set;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;
import storage.linux.Syscalls;
import storage.linux.dm.DeviceMapper;
import storage.loopback.KernelLoopDevices;

/** The driver with this machine's device-mapper and loop devices: the kit, and processes of its, know system calls only. */
final class GuestDriver implements GraphDriver {
    private final DevmapperDriver driver;

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
        return driver.check(home);
    }

    @Override
    public Set<LayerId> layers(DriverHome home) throws StorageException {
        return driver.layers(home);
    }

    @Override
    public LayerStore open(DriverHome home) throws StorageException {
        return driver.open(home);
    }
}
