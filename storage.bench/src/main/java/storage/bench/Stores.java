package storage.bench;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.btrfs.BtrfsDriver;
import storage.linux.Linux;
import storage.linux.Syscalls;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.vfs.VfsDriver;

/** The backends that are measured. */
final class Stores {
    private static final Map<String, Function<Syscalls, GraphDriver>> DRIVERS = Map.of(
            "overlay2", Overlay2Driver::new,
            "overlay", OverlayDriver::new,
            "btrfs", BtrfsDriver::new,
            "vfs", VfsDriver::new);

    private Stores() {}

    static LayerStore open(String driver, Path root) throws StorageException {
        var make = DRIVERS.get(driver);
        if (make == null) {
            throw new IllegalArgumentException("No such backend: " + driver);
        }
        return make.apply(Linux.syscalls()).open(DriverHome.at(root));
    }
}
