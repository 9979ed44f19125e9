package storage.overlay.v2;

import java.io.IOException;
import java.util.Set;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;
import storage.common.store.RecordedLayerStore;
import storage.linux.FsMagic;
import storage.linux.Syscalls;
import storage.overlay.support.HomeFiles;
import storage.overlay.support.OverlaySupport;

/** The driver {@code overlay2}. */
@Component(
        service = GraphDriver.class,
        property = {"storage.driver.name=overlay2", "priority:Integer=600"})
@Capability(namespace = StorageConstants.DRIVER_NAMESPACE, attribute = StorageConstants.DRIVER_NAME + "=overlay2")
public final class Overlay2Driver implements GraphDriver {
    /** Those of the engine: btrfs is none of them, overlays work there since Linux 4.7. */
    private static final Set<Long> REFUSED =
            Set.of(FsMagic.AUFS, FsMagic.ECRYPTFS, FsMagic.NFS, FsMagic.OVERLAY, FsMagic.ZFS);

    private final Syscalls linux;
    private final OverlaySupport support;

    @Activate
    public Overlay2Driver(@Reference Syscalls linux) {
        this.linux = linux;
        this.support = new OverlaySupport(linux, name(), REFUSED);
    }

    @Override
    public String name() {
        return "overlay2";
    }

    @Override
    public Verdict check(DriverHome home) {
        return support.examine(home.info(this), () -> !folders(home).ids().isEmpty())
                .verdict();
    }

    @Override
    public Set<LayerId> layers(DriverHome home) throws StorageException {
        try {
            return folders(home).ids();
        } catch (IOException e) {
            throw HomeFiles.unreadable(home.info(this), e);
        }
    }

    @Override
    public LayerStore open(DriverHome home) throws StorageException {
        var options = Overlay2Options.parse(home.options());
        var info = home.info(this);
        var features =
                support.examine(info, () -> !folders(home).ids().isEmpty()).orThrow();
        return RecordedLayerStore.open(linux, info, new Overlay2Backend(linux, info, features, options));
    }

    private LayerFolders folders(DriverHome home) {
        return new LayerFolders(new HomeFiles(linux, home.info(this).home(), home.idMaps()));
    }
}
