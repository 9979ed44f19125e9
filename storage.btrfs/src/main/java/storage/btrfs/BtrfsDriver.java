package storage.btrfs;

import java.io.IOException;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;
import storage.common.store.FlatHome;
import storage.common.store.RecordedLayerStore;
import storage.common.store.Unfit;
import storage.linux.Syscalls;

/**
 * The backend on btrfs: each layer is a subvolume, and one with a parent begins as a snapshot of it. Nothing is copied and
 * nothing is mounted.
 */
@Component(
        service = GraphDriver.class,
        property = {"storage.driver.name=btrfs", "priority:Integer=700"})
public final class BtrfsDriver implements GraphDriver {
    /** Beside the folder of layers: a file a layer with its size, the engine's and ours. */
    static final String QUOTAS = "quotas";

    private final Syscalls linux;

    @Activate
    public BtrfsDriver(@Reference Syscalls linux) {
        this.linux = linux;
    }

    @Override
    public String name() {
        return "btrfs";
    }

    @Override
    public Verdict check(DriverHome home) {
        return new BtrfsSupport(linux).examine(home.info(this));
    }

    @Override
    public Set<LayerId> layers(DriverHome home) throws StorageException {
        try {
            return folders(home.info(this)).ids();
        } catch (IOException e) {
            throw StorageException.of(
                            StorageException.Kind.IO,
                            "Could not list the layers in " + home.info(this).home() + ": " + e.getMessage(),
                            "Run as root, or choose a root of your own")
                    .causedBy(e);
        }
    }

    @Override
    public LayerStore open(DriverHome home) throws StorageException {
        var options = BtrfsOptions.parse(home.options());
        var info = home.info(this);
        Unfit.refuse(new BtrfsSupport(linux).examine(info));
        return RecordedLayerStore.open(linux, info, new BtrfsBackend(linux, info, folders(info), options));
    }

    private FlatHome folders(StoreInfo info) {
        return new FlatHome(linux, info, "subvolumes", Set.of(QUOTAS));
    }
}
