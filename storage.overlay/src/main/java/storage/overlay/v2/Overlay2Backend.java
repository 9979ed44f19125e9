package storage.overlay.v2;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import storage.api.Layer;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.common.archive.ArchiveIntake;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.common.archive.WhiteoutForm;
import storage.common.io.HomeFolder;
import storage.common.store.Parentage;
import storage.common.store.Problem;
import storage.common.store.Quarantine;
import storage.common.store.Refusals;
import storage.common.store.Rollback;
import storage.common.store.RootAttributes;
import storage.common.store.TreeFiles;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.SyscallException;
import storage.linux.Syscalls;
import storage.overlay.diff.UpperTrees;
import storage.overlay.support.Features;
import storage.overlay.support.OverlayLayers;
import storage.overlay.support.OverlayMounts;
import storage.overlay.support.Stack;
import storage.overlay.support.Strangers;

/** Layers in the layout {@code overlay2}: each holds its own difference, and a mount stacks those of all its ancestors. */
final class Overlay2Backend extends OverlayLayers implements ArchiveIntake {
    /** In the home beside the layers; the engine keeps a node of the home's device there for quotas. */
    private static final Set<String> OWN_NAMES = Set.of(LayerFolders.LINKS, "backingFsBlockDev");

    private final Overlay2Options options;
    private final LayerFolders folders;
    private final LayerQuota quota;

    Overlay2Backend(Syscalls linux, StoreInfo info, Features features, Overlay2Options options) {
        super(linux, info, features);
        this.options = options;
        folders = new LayerFolders(files);
        quota = new LayerQuota(linux, files);
    }

    @Override
    public void prepare() throws IOException {
        super.prepare();
        HomeFolder.ensure(
                linux,
                info.home().resolve(LayerFolders.LINKS),
                HomeFolder.STATE_MODE,
                linux.geteuid(),
                linux.getegid());
        if (options.size() > 0) {
            quota.refuseIfUnavailable(features.backing());
        }
    }

    @Override
    public Parentage parentage(LayerId id) throws IOException {
        return folders.parentage(id);
    }

    @Override
    public void create(Layer layer, LayerOptions layerOptions, Rollback undo) throws IOException {
        var id = layer.id();
        var size = options.sizeOf(layer, layerOptions.storageOptions());
        var lowers = layer.parent().isPresent()
                ? folders.lowersOfChild(layer.parent().get())
                : Lowers.NONE;
        if (lowers.names().size() > Lowers.MAX) {
            throw StorageException.of(
                            StorageException.Kind.LIMIT_EXCEEDED,
                            "Layer " + id + " would stand on " + lowers.names().size()
                                    + " others, and overlay2 stacks at most " + Lowers.MAX,
                            "Make one layer of many: archive the tree of a mounted layer with tar, and fill a new image layer with"
                                    + " 'storage apply'")
                    .forLayer(id);
        }
        if (size > 0) {
            quota.refuseIfUnavailable(features.backing());
        }
        files.makeLayerFolder(id.value());
        undo.add(() -> remove(id));
        if (size > 0) {
            quota.limit(id, size);
        }
        makeTree(layer);
        // the name is written before its link is made, so that an incomplete layer can be removed without a trace
        var name = LinkName.random();
        files.write(LayerFolders.link(id), name, 0644);
        files.link(LayerFolders.target(id), LayerFolders.shortcut(name));
        if (layer.parent().isPresent()) {
            files.makeFolder(LayerFolders.work(id), 0700);
            files.write(LayerFolders.lower(id), lowers.toString(), 0644);
            commit(layer.parent().get());
        }
    }

    private void makeTree(Layer layer) throws IOException {
        var diff = LayerFolders.diff(layer.id());
        files.makeFolder(diff, 0755);
        if (layer.parent().isPresent()) {
            var below = LayerFolders.diff(layer.parent().get());
            RootAttributes.copy(linux, files.bytes(below), files.bytes(diff));
        }
    }

    /** Something stands on the layer from now on: it is not written to any more. */
    private void commit(LayerId parent) throws IOException {
        try {
            files.write(LayerFolders.committed(parent), "", 0600);
        } catch (SyscallException e) {
            if (e.errno() != Errno.EEXIST) { // it is not the first child
                throw e;
            }
        }
        recent.forget(parent);
    }

    @Override
    public void remove(LayerId id) throws IOException {
        recent.forget(id);
        if (!files.exists(id.value())) {
            return;
        }
        mounts.unmount(id);
        unlink(shortcut(id));
        if (!folders.removeIfEmpty(id)) {
            mounts.removeLayerFolder(id);
        }
    }

    /** The layer's short name, if that leads to it. */
    private Optional<String> shortcut(LayerId id) throws IOException {
        var name = folders.name(id);
        return name.isPresent() && folders.owner(name.get()).filter(id::equals).isPresent() ? name : Optional.empty();
    }

    private void unlink(Optional<String> shortcut) throws IOException {
        if (shortcut.isPresent()) {
            files.unlink(LayerFolders.shortcut(shortcut.get()));
        }
    }

    @Override
    protected Path mountAnew(Layer layer, String label) throws IOException {
        var id = layer.id();
        var changes = recent.changes();
        var lowers = folders.lowers(id);
        if (lowers.isEmpty() && (layer.parent().isPresent() || layer.state() == Layer.State.UNKNOWN_PARENT)) {
            throw LayerFolders.damaged(id, "its file 'lower' is missing");
        }
        var readOnly = layer.kind() == Layer.Kind.IMAGE || files.exists(LayerFolders.committed(id));
        var diff = LayerFolders.diff(id);
        var readsOnly = info.access() == StoreInfo.Access.READ;
        if (readsOnly && !mounts.isMounted(id) && !lowers.isEmpty()) {
            throw Refusals.notForReaders(id);
        }
        if (lowers.isEmpty()) {
            return readOnly && !readsOnly ? mounts.readOnlyView(id, diff) : files.path(diff);
        }
        var stack = readOnly
                ? Stack.readOnly(diff, lowers.paths())
                : Stack.readWrite(lowers.paths(), diff, LayerFolders.work(id));
        try {
            return mount(id, stack, label, changes);
        } catch (SyscallException e) {
            throw explained(id, lowers, e);
        }
    }

    /** What the kernel calls a missing file may be a missing layer. */
    private IOException explained(LayerId id, Lowers lowers, SyscallException e) throws IOException {
        for (var name : lowers.names()) {
            var owner = folders.owner(name);
            if (owner.isEmpty() || !files.isFolder(LayerFolders.diff(owner.get()))) {
                return LayerFolders.damaged(
                                id,
                                "it stands on l/" + name
                                        + owner.map(layer -> " (layer " + layer + ")")
                                                .orElse("") + ", which is missing")
                        .causedBy(e);
            }
        }
        return e;
    }

    @Override
    public Optional<Fd> glimpse(Layer layer) throws IOException {
        var id = layer.id();
        var lowers = folders.lowers(id);
        return lowers.isEmpty() || mounts.isMounted(id)
                ? Optional.empty()
                : Optional.of(mounts.glimpse(Stack.readOnly(LayerFolders.diff(id), lowers.paths())));
    }

    @Override
    public ArchiveLimits archiveLimits() {
        return options.archives();
    }

    @Override
    public long apply(Layer layer, InputStream archive) throws IOException {
        try (var trees = new LayerTrees(files, folders, layer.id())) {
            var target = new UnpackTarget(trees.upper(), trees.lowers(), WhiteoutForm.OVERLAY);
            var how = new UnpackOptions(info.idMaps(), options.archives(), Optional.empty());
            return LayerUnpacker.unpack(linux, target, archive, how).bytes();
        }
    }

    @Override
    public boolean empty(Layer layer) throws IOException {
        files.removeTree(LayerFolders.diff(layer.id()));
        makeTree(layer);
        return true;
    }

    /** Against the parent alone, and only where the kernel puts everything that changes into the upper directory. */
    @Override
    public boolean tell(Layer layer, Optional<LayerId> against) throws IOException {
        return features.nativeDiff() && layer.state() == Layer.State.COMPLETE && against.equals(layer.parent());
    }

    @Override
    public UpperTrees.Open open(Layer layer) throws IOException {
        if (layer.parent().isPresent() && !files.exists(LayerFolders.lower(layer.id()))) {
            throw LayerFolders.damaged(layer.id(), "its file 'lower' is missing");
        }
        return new LayerTrees(files, folders, layer.id());
    }

    @Override
    public LayerFiles files(Layer layer) throws IOException {
        var own = files.open(LayerFolders.diff(layer.id()));
        return new TreeFiles(linux, own, () -> new LayerTrees(files, folders, layer.id()));
    }

    @Override
    public Map<String, String> metadata(Layer layer) throws IOException {
        var id = layer.id();
        var metadata = new LinkedHashMap<String, String>();
        var lowers = folders.lowers(id);
        if (!lowers.isEmpty()) {
            var paths = lowers.names().stream().map(this::lowerDir).collect(Collectors.joining(":"));
            metadata.put("LowerDir", paths);
        }
        metadata.put("MergedDir", files.text(OverlayMounts.merged(id)));
        metadata.put("UpperDir", files.text(LayerFolders.diff(id)));
        metadata.put("WorkDir", files.text(LayerFolders.work(id)));
        return metadata;
    }

    private String lowerDir(String name) {
        try {
            var owner = folders.owner(name);
            return files.text(owner.isPresent() ? LayerFolders.diff(owner.get()) : LayerFolders.shortcut(name));
        } catch (IOException e) {
            return files.text(LayerFolders.shortcut(name));
        }
    }

    @Override
    public Map<String, String> status() {
        var status = new LinkedHashMap<String, String>();
        status.put("Backing Filesystem", features.backing());
        status.put("Supports d_type", String.valueOf(features.typesInNames()));
        status.put("Native Overlay Diff", String.valueOf(features.nativeDiff()));
        status.put("userxattr", "false");
        return status;
    }

    @Override
    public boolean setAside(LayerId id, Path place) throws IOException {
        recent.forget(id);
        var shortcut = shortcut(id);
        return mounts.setAside(id, place, () -> unlink(shortcut));
    }

    @Override
    protected List<Problem> problems() throws IOException {
        var problems = new ArrayList<>(Overlay2Check.run(files, folders, known()));
        problems.addAll(Strangers.in(files, OWN_NAMES, new Quarantine(linux, info)));
        return problems;
    }
}
