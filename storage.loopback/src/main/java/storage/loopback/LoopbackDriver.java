package storage.loopback;

import java.io.IOException;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;
import storage.common.io.HomeFiles;
import storage.common.store.RecordedLayerStore;
import storage.common.store.Unfit;
import storage.linux.Syscalls;

/**
 * The backend that needs loop devices and a filesystem to put into files, and nothing else of the kernel: each layer is
 * an image of its own, and one with a parent begins as a copy of the parent's, which shares blocks where the filesystem
 * below can.
 */
@Component(
        service = GraphDriver.class,
        property = {"storage.driver.name=loopback", "priority:Integer=200"})
public final class LoopbackDriver implements GraphDriver {
    private final Syscalls linux;

    @Activate
    public LoopbackDriver(@Reference Syscalls linux) {
        this.linux = linux;
    }

    @Override
    public String name() {
        return "loopback";
    }

    @Override
    public Verdict check(DriverHome home) {
        LoopbackOptions options;
        try {
            options = LoopbackOptions.parse(home.options());
        } catch (StorageException e) {
            // opening refuses them by name; whether the driver can work does not depend on it
            options = new LoopbackOptions(
                    storage.common.archive.ArchiveLimits.DEFAULT, storage.common.block.BlockFilesystem.EXT4, 0);
        }
        return new LoopbackSupport(linux, options.filesystem()).examine(home.info(this));
    }

    @Override
    public Set<LayerId> layers(DriverHome home) throws StorageException {
        var info = home.info(this);
        try {
            return new HomeFiles(linux, info.home(), info.idMaps()).layers();
        } catch (IOException e) {
            throw HomeFiles.unreadable(info, e);
        }
    }

    @Override
    public LayerStore open(DriverHome home) throws StorageException {
        var options = LoopbackOptions.parse(home.options());
        var info = home.info(this);
        Unfit.refuse(new LoopbackSupport(linux, options.filesystem()).examine(info));
        return RecordedLayerStore.open(linux, info, new LoopbackBackend(linux, info, options));
    }
}
