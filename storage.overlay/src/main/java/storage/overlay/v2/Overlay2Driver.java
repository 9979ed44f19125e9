package storage.overlay.v2;

import java.util.Set;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.linux.FsMagic;
import storage.linux.Syscalls;
import storage.overlay.support.OverlayGraphDriver;

/** The driver {@code overlay2}. */
@Component(
        service = GraphDriver.class,
        property = {"storage.driver.name=overlay2", "priority:Integer=600"})
@Capability(namespace = StorageConstants.DRIVER_NAMESPACE, attribute = StorageConstants.DRIVER_NAME + "=overlay2")
public final class Overlay2Driver extends OverlayGraphDriver {
    /** Those of the engine: btrfs is none of them, overlays work there since Linux 4.7. */
    private static final Set<Long> REFUSED =
            Set.of(FsMagic.AUFS, FsMagic.ECRYPTFS, FsMagic.NFS, FsMagic.OVERLAY, FsMagic.ZFS);

    @Activate
    public Overlay2Driver(@Reference Syscalls linux) {
        super(linux, "overlay2", REFUSED);
    }

    @Override
    protected Layout layout(DriverHome home) throws StorageException {
        var options = Overlay2Options.parse(home.options());
        return (linux, info, features) -> new Overlay2Backend(linux, info, features, options);
    }
}
