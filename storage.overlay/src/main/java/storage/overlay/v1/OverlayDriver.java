package storage.overlay.v1;

import java.util.Set;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.common.archive.LimitOptions;
import storage.linux.FsMagic;
import storage.linux.Syscalls;
import storage.overlay.support.OverlayGraphDriver;

/** The driver {@code overlay}. */
@Component(
        service = GraphDriver.class,
        property = {"storage.driver.name=overlay", "priority:Integer=400"})
@Capability(namespace = StorageConstants.DRIVER_NAMESPACE, attribute = StorageConstants.DRIVER_NAME + "=overlay")
public final class OverlayDriver extends OverlayGraphDriver {
    private static final Set<Long> REFUSED =
            Set.of(FsMagic.AUFS, FsMagic.BTRFS, FsMagic.ECRYPTFS, FsMagic.NFS, FsMagic.OVERLAY, FsMagic.ZFS);

    @Activate
    public OverlayDriver(@Reference Syscalls linux) {
        super(linux, "overlay", REFUSED);
    }

    @Override
    protected Layout layout(DriverHome home) throws StorageException {
        var options = LimitOptions.of(home.options());
        if (!options.others().isEmpty()) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The overlay driver has no option '"
                            + options.others().keySet().iterator().next() + "'",
                    "It has none but the limits of archives; overlay2 has some");
        }
        return (linux, info, features) -> new OverlayBackend(linux, info, features, options.limits());
    }
}
