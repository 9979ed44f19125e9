package storage.overlay.v1;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import storage.api.Layer;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.common.archive.ArchiveIntake;
import storage.common.archive.ArchiveLimits;
import storage.common.store.Parentage;
import storage.common.store.Problem;
import storage.common.store.Quarantine;
import storage.common.store.Refusals;
import storage.common.store.Rollback;
import storage.common.store.RootAttributes;
import storage.common.store.TreeFiles;
import storage.common.tree.TreeCopy;
import storage.linux.Fd;
import storage.linux.Syscalls;
import storage.overlay.support.Features;
import storage.overlay.support.OverlayLayers;
import storage.overlay.support.OverlayMounts;
import storage.overlay.support.Stack;
import storage.overlay.support.Strangers;

/**
 * Layers in the layout {@code overlay}: a filled image layer is a whole tree, everything else an overlay on one such
 * tree.
 */
final class OverlayBackend extends OverlayLayers implements ArchiveIntake {
    private final RootFolders folders;
    private final RootFilling filling;
    private final ArchiveLimits limits;

    OverlayBackend(Syscalls linux, StoreInfo info, Features features, ArchiveLimits limits) {
        super(linux, info, features);
        folders = new RootFolders(files);
        filling = new RootFilling(linux, info, files, limits);
        this.limits = limits;
    }

    /** A root has no link, and {@code lower-id} may be the parent's lower as well as the parent. */
    @Override
    public Parentage parentage(LayerId id) {
        return Parentage.UNRECORDED;
    }

    @Override
    public void create(Layer layer, LayerOptions options, Rollback undo) throws IOException {
        var id = layer.id();
        if (!options.storageOptions().isEmpty()) {
            throw StorageException.of(
                            StorageException.Kind.NOT_SUPPORTED,
                            "The overlay driver takes no options for a layer, such as "
                                    + options.storageOptions()
                                            .keySet()
                                            .iterator()
                                            .next(),
                            "Leave them out, or use the driver overlay2, which knows 'size'")
                    .forLayer(id);
        }
        files.makeLayerFolder(id.value());
        undo.add(() -> remove(id));
        if (layer.parent().isEmpty()) {
            files.makeFolder(RootFolders.root(id), 0755);
        } else if (folders.hasRoot(layer.parent().get())) {
            standOn(id, layer.parent().get());
        } else {
            copyUpper(id, layer.parent().get());
        }
    }

    /** An empty upper directory on the parent's tree. */
    private void standOn(LayerId id, LayerId parent) throws IOException {
        makeUpper(id, parent);
        files.makeFolder(RootFolders.work(id), 0700);
        files.write(RootFolders.lowerId(id), parent.value(), 0600);
    }

    private void makeUpper(LayerId id, LayerId parent) throws IOException {
        files.makeFolder(RootFolders.upper(id), 0755);
        RootAttributes.copy(linux, files.bytes(RootFolders.root(parent)), files.bytes(RootFolders.upper(id)));
    }

    /** A parent without a tree has written to its upper directory: the child begins with a copy, on the same tree. */
    private void copyUpper(LayerId id, LayerId parent) throws IOException {
        var lower = folders.lower(parent);
        files.makeFolder(RootFolders.upper(id), 0755);
        try (var from = files.open(RootFolders.upper(parent));
                var to = files.open(RootFolders.upper(id))) {
            TreeCopy.copy(linux, from.number(), to.number(), TreeCopy.Mode.CONTENT);
        }
        files.makeFolder(RootFolders.work(id), 0700);
        files.write(RootFolders.lowerId(id), lower.value(), 0600);
    }

    @Override
    public void remove(LayerId id) throws IOException {
        recent.forget(id);
        if (files.exists(id.value())) {
            mounts.unmount(id);
            mounts.removeLayerFolder(id);
        }
    }

    @Override
    protected Path mountAnew(Layer layer, String label) throws IOException {
        var id = layer.id();
        var changes = recent.changes();
        var reader = info.access() == StoreInfo.Access.READ;
        if (folders.hasRoot(id)) {
            var root = RootFolders.root(id);
            return layer.kind() == Layer.Kind.IMAGE && !reader ? mounts.readOnlyView(id, root) : files.path(root);
        }
        if (reader && !mounts.isMounted(id)) {
            throw Refusals.notForReaders(id);
        }
        return mount(id, stack(id, layer.kind() == Layer.Kind.IMAGE), label, changes);
    }

    @Override
    public Optional<Fd> glimpse(Layer layer) throws IOException {
        var id = layer.id();
        return folders.hasRoot(id) || mounts.isMounted(id)
                ? Optional.empty()
                : Optional.of(mounts.glimpse(stack(id, true)));
    }

    private Stack stack(LayerId id, boolean readOnly) throws IOException {
        var lower = folders.lower(id);
        if (!files.isFolder(RootFolders.root(lower))) {
            throw RootFolders.damaged(id, "it stands on the root of layer " + lower + ", which is missing");
        }
        var lowers = List.of(RootFolders.root(lower));
        return readOnly
                ? Stack.readOnly(RootFolders.upper(id), lowers)
                : Stack.readWrite(lowers, RootFolders.upper(id), RootFolders.work(id));
    }

    @Override
    public ArchiveLimits archiveLimits() {
        return limits;
    }

    @Override
    public long apply(Layer layer, InputStream archive) throws IOException {
        var id = layer.id();
        recent.forget(id);
        if (layer.parent().isEmpty()) {
            return filling.unpack(RootFolders.root(id), archive);
        }
        if (layer.kind() == Layer.Kind.IMAGE && folders.hasRoot(layer.parent().get())) {
            return filling.onTree(id, layer.parent().get(), known(), archive);
        }
        // nothing to link to, or to be written to later, which links must not be: through a mount, as anybody would
        mounts.overlay(id, stack(id, false), "");
        try {
            return filling.unpack(OverlayMounts.merged(id), archive);
        } finally {
            mounts.unmount(id);
        }
    }

    /** Takes back the tree that was being made, or the one that was being written to. */
    @Override
    public boolean empty(Layer layer) throws IOException {
        var id = layer.id();
        recent.forget(id);
        var parent = layer.parent();
        if (parent.isPresent() && (!files.exists(RootFolders.lowerId(id)) || !files.exists(RootFolders.work(id)))) {
            return false;
        }
        mounts.unmount(id);
        files.removeTree(RootFolders.temporary(id));
        files.removeTree(RootFolders.root(id));
        if (parent.isEmpty()) {
            files.makeFolder(RootFolders.root(id), 0755);
            return true;
        }
        if (!folders.hasRoot(parent.get())) {
            return false;
        }
        files.removeTree(RootFolders.upper(id));
        makeUpper(id, parent.get());
        return true;
    }

    /** Only of a layer that stands directly on a tree, against that tree. */
    @Override
    public boolean tell(Layer layer, Optional<LayerId> against) throws IOException {
        return features.nativeDiff()
                && against.isPresent()
                && against.equals(layer.parent())
                && !folders.hasRoot(layer.id())
                && folders.lower(layer.id()).equals(against.get());
    }

    @Override
    public Open open(Layer layer) throws IOException {
        return new UpperAndRoot(files, RootFolders.upper(layer.id()), RootFolders.root(folders.lower(layer.id())));
    }

    @Override
    public LayerFiles files(Layer layer) throws IOException {
        var id = layer.id();
        return new TreeFiles(linux, files.open(folders.hasRoot(id) ? RootFolders.root(id) : RootFolders.upper(id)));
    }

    @Override
    public Map<String, String> metadata(Layer layer) throws IOException {
        var id = layer.id();
        if (folders.hasRoot(id)) {
            return Map.of("RootDir", files.text(RootFolders.root(id)));
        }
        var metadata = new LinkedHashMap<String, String>();
        metadata.put("LowerDir", files.text(RootFolders.root(folders.lower(id))));
        metadata.put("MergedDir", files.text(OverlayMounts.merged(id)));
        metadata.put("UpperDir", files.text(RootFolders.upper(id)));
        metadata.put("WorkDir", files.text(RootFolders.work(id)));
        return metadata;
    }

    @Override
    public Map<String, String> status() {
        var status = new LinkedHashMap<String, String>();
        status.put("Backing Filesystem", features.backing());
        status.put("Supports d_type", String.valueOf(features.typesInNames()));
        return status;
    }

    @Override
    public boolean setAside(LayerId id, Path place) throws IOException {
        recent.forget(id);
        return mounts.setAside(id, place, () -> {});
    }

    @Override
    protected List<Problem> problems() throws IOException {
        var quarantine = new Quarantine(linux, info);
        var problems = new ArrayList<>(OverlayCheck.run(files, folders, known(), quarantine));
        problems.addAll(Strangers.in(files, Set.of(), quarantine));
        return problems;
    }
}
