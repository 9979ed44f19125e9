package storage.overlay.support;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.common.io.HomeFiles;
import storage.common.io.HomeFolder;
import storage.common.store.Backend;
import storage.common.store.KnownLayers;
import storage.common.store.NativeDiff;
import storage.common.store.Problem;
import storage.linux.MountWatch;
import storage.linux.SyscallException;
import storage.linux.Syscalls;
import storage.overlay.diff.UpperDiff;
import storage.overlay.diff.UpperTrees;

/** What both layouts have in common: a folder a layer in the home, mounts on {@code ID/merged}, and upper directories. */
public abstract class OverlayLayers implements Backend, UpperTrees {
    protected final Syscalls linux;
    protected final StoreInfo info;
    protected final Features features;
    protected final HomeFiles files;
    protected final OverlayMounts mounts;
    protected final RecentMounts recent = new RecentMounts();
    private final MountWatch watch;
    private KnownLayers known = id -> Optional.empty();

    protected OverlayLayers(Syscalls linux, StoreInfo info, Features features) {
        this.linux = linux;
        this.info = info;
        this.features = features;
        files = new HomeFiles(linux, info.home(), info.idMaps());
        mounts = new OverlayMounts(linux, files, features.mountOptions());
        watch = new MountWatch(linux);
    }

    /** Everything that is wrong with the layout. */
    protected abstract List<Problem> problems() throws IOException;

    /** What the store above knows of other layers. */
    protected final KnownLayers known() {
        return known;
    }

    @Override
    public final void attach(KnownLayers layers) {
        known = layers;
    }

    @Override
    public void prepare() throws IOException {
        var group = info.idMaps().rootGid();
        HomeFolder.ensure(linux, info.home(), HomeFolder.HOME_MODE, linux.geteuid(), group);
        files.hold();
        watch.open();
    }

    @Override
    public void close() {
        mounts.close();
        watch.close();
        files.close();
    }

    @Override
    public final Set<LayerId> ids() throws IOException {
        return files.layers();
    }

    @Override
    public final boolean exists(LayerId id) throws IOException {
        return files.exists(id.value());
    }

    @Override
    public final Path folder(LayerId id) {
        return files.path(id.value());
    }

    /** Mounts a layer as its files say. */
    protected abstract Path mountAnew(Layer layer, String label) throws IOException;

    @Override
    public final Path mount(Layer layer, String label) throws IOException {
        var prepared = recent.of(layer.id(), label);
        if (prepared.isPresent()) {
            try {
                return mounts.overlay(layer.id(), prepared.get());
            } catch (SyscallException e) {
                recent.forget(layer.id()); // what is wrong shows where the files are read
            }
        }
        return mountAnew(layer, label);
    }

    /**
     * Mounts a layer, and remembers how.
     *
     * @param since what {@link RecentMounts#changes} was before the files were read that the stack is made of
     */
    protected final Path mount(LayerId id, Stack stack, String label, long since) throws IOException {
        var prepared = mounts.prepare(stack, label);
        var path = mounts.overlay(id, prepared);
        if (info.access() == StoreInfo.Access.WRITE) {
            recent.remember(id, label, prepared, since);
        }
        return path;
    }

    @Override
    public final void unmount(Layer layer) throws IOException {
        mounts.unmount(layer.id());
    }

    @Override
    public final Set<LayerId> mounted() throws IOException {
        return mounts.mounted();
    }

    @Override
    public final boolean isMounted(LayerId id) throws IOException {
        return watch.mentions(id.value()) && mounts.mounted().contains(id);
    }

    @Override
    public final Optional<NativeDiff> nativeDiff() {
        return Optional.of(new UpperDiff(linux, this));
    }

    @Override
    public final List<LayerCheck.Finding> findings() throws IOException {
        return Problem.findings(this::problems);
    }

    @Override
    public final List<String> repair() throws IOException {
        try {
            return Problem.repair(this::problems);
        } finally {
            recent.forgetAll();
        }
    }
}
