package storage.aufs;

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
import storage.common.archive.LimitOptions;
import storage.common.io.HomeFiles;
import storage.common.store.RecordedLayerStore;
import storage.linux.Syscalls;

/** The driver {@code aufs}. */
@Component(
        service = GraphDriver.class,
        property = {"storage.driver.name=aufs", "priority:Integer=500"})
public final class AufsDriver implements GraphDriver {
    private final Syscalls linux;
    private final AufsSupport support;

    @Activate
    public AufsDriver(@Reference Syscalls linux) {
        this(linux, KernelAufs::find);
    }

    /** @param kernel tells whether there is an aufs */
    AufsDriver(Syscalls linux, AufsSupport.Kernel kernel) {
        this.linux = linux;
        this.support = new AufsSupport(linux, kernel);
    }

    @Override
    public String name() {
        return "aufs";
    }

    @Override
    public Verdict check(DriverHome home) {
        return examine(home).verdict();
    }

    @Override
    public Set<LayerId> layers(DriverHome home) throws StorageException {
        try {
            return new AufsFolders(files(home)).ids();
        } catch (IOException e) {
            throw HomeFiles.unreadable(home.info(this), e);
        }
    }

    @Override
    public LayerStore open(DriverHome home) throws StorageException {
        var options = LimitOptions.of(home.options());
        if (!options.others().isEmpty()) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The aufs driver has no option '"
                            + options.others().keySet().iterator().next() + "'",
                    "Leave it out: it takes no options but the limits of archives");
        }
        var features = examine(home).orThrow();
        var info = home.info(this);
        return RecordedLayerStore.open(linux, info, new AufsBackend(linux, info, features, options.limits()));
    }

    private AufsSupport.Answer examine(DriverHome home) {
        return support.examine(home.info(this), () -> !layers(home).isEmpty());
    }

    private HomeFiles files(DriverHome home) {
        return new HomeFiles(linux, home.info(this).home(), home.idMaps());
    }
}
