package storage.overlay.support;

import java.io.IOException;
import java.util.Set;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;
import storage.common.io.HomeFiles;
import storage.common.store.Backend;
import storage.common.store.RecordedLayerStore;
import storage.linux.Syscalls;

/** What the drivers of both layouts are: a check, a list of folders, and a backend. */
public abstract class OverlayGraphDriver implements GraphDriver {
    private final Syscalls linux;
    private final String name;
    private final OverlaySupport support;

    /** @param refused magic numbers of the filesystems that do not suit it, see {@link storage.linux.FsMagic} */
    protected OverlayGraphDriver(Syscalls linux, String name, Set<Long> refused) {
        this.linux = linux;
        this.name = name;
        this.support = new OverlaySupport(linux, name, refused);
    }

    /** The layout, set up by the options; refuses those that it does not know. */
    protected interface Layout {
        Backend backend(Syscalls linux, StoreInfo info, Features features);
    }

    /** Reads the driver's options, before anything else is looked at. */
    protected abstract Layout layout(DriverHome home) throws StorageException;

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Verdict check(DriverHome home) {
        return examine(home).verdict();
    }

    @Override
    public final Set<LayerId> layers(DriverHome home) throws StorageException {
        try {
            return files(home).layers();
        } catch (IOException e) {
            throw HomeFiles.unreadable(home.info(this), e);
        }
    }

    @Override
    public final LayerStore open(DriverHome home) throws StorageException {
        var layout = layout(home);
        var features = examine(home).orThrow();
        var info = home.info(this);
        return RecordedLayerStore.open(linux, info, layout.backend(linux, info, features));
    }

    private OverlaySupport.Answer examine(DriverHome home) {
        return support.examine(home.info(this), () -> !files(home).layers().isEmpty());
    }

    private HomeFiles files(DriverHome home) {
        return new HomeFiles(linux, home.info(this).home(), home.idMaps());
    }
}
