package storage.btrfs;

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
import storage.api.LayerCheck;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.btrfs.diff.Lineage;
import storage.btrfs.diff.Placeholders;
import storage.btrfs.diff.SnapshotDiff;
import storage.btrfs.kernel.Subvolumes;
import storage.common.archive.ArchiveIntake;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.PrivilegeRecord;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.common.archive.WhiteoutForm;
import storage.common.diff.ChangeSink;
import storage.common.io.AtomicFile;
import storage.common.store.Backend;
import storage.common.store.FlatHome;
import storage.common.store.KnownLayers;
import storage.common.store.LayerPrivileges;
import storage.common.store.NativeDiff;
import storage.common.store.Parentage;
import storage.common.store.Rollback;
import storage.common.store.TreeFiles;
import storage.common.tree.TreeRemoval;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FsMagic;
import storage.linux.Kernel;
import storage.linux.PathBytes;
import storage.linux.Privilege;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Layers as subvolumes. Nothing is ever mounted: a layer is shown where it lies. Image layers are read-only subvolumes,
 * which nothing can write to by any path, and which an engine reads and snapshots like any other.
 */
final class BtrfsBackend implements Backend, ArchiveIntake {
    private final Syscalls linux;
    private final StoreInfo info;
    private final FlatHome home;
    private final BtrfsOptions options;
    private final LayerLimits limits;
    private final SecurityLabel labels;
    private final Subvolumes subvolumes;
    private final LayerPrivileges privileges;
    private final boolean privileged = Privilege.current().canMakeAnyFile();
    private Lineage lineage;

    BtrfsBackend(Syscalls linux, StoreInfo info, FlatHome home, BtrfsOptions options) {
        this.linux = linux;
        this.info = info;
        this.home = home;
        this.options = options;
        this.labels = new SecurityLabel(linux);
        this.limits = new LayerLimits(linux, info);
        this.subvolumes = new Subvolumes(linux, limits::removeGroup);
        this.privileges = new LayerPrivileges(linux, info);
    }

    @Override
    public void attach(KnownLayers known) {
        lineage = new Lineage(linux, home, known);
    }

    @Override
    public void prepare() throws IOException {
        home.prepare();
        try (var layers = home.layers()) {
            limits.removeLeftovers(layers.number());
        }
    }

    @Override
    public Set<LayerId> ids() throws IOException {
        return home.ids();
    }

    @Override
    public boolean exists(LayerId id) throws IOException {
        return home.exists(id);
    }

    @Override
    public Path folder(LayerId id) {
        return home.folder(id);
    }

    @Override
    public Parentage parentage(LayerId id) {
        return Parentage.UNRECORDED;
    }

    @Override
    public void create(Layer layer, LayerOptions layerOptions, Rollback undo) throws IOException {
        var id = layer.id();
        var size = options.sizeOf(layer, layerOptions.storageOptions());
        var label = layerOptions.mountLabel();
        SecurityLabel.refuseWithoutSelinux(label);
        undo.add(() -> remove(id));
        var readOnly = isImage(layer) && label.isEmpty();
        make(layer, readOnly);
        if (layer.parent().isPresent() && label.isEmpty() && size.isEmpty()) {
            return; // a snapshot is made read-only or not
        }
        try (var root = home.open(id)) {
            if (!label.isEmpty()) {
                labels.put(root, label);
            }
            if (size.isPresent()) {
                limits.set(id, root, size.getAsLong());
            }
            subvolumes.setReadOnly(root.number(), isImage(layer));
        }
    }

    private void make(Layer layer, boolean readOnly) throws IOException {
        try (var layers = home.layers()) {
            if (layer.parent().isPresent()) {
                snapshot(layer.parent().get(), layer.id(), layers, readOnly);
            } else {
                subvolumes.create(layers.number(), layer.id().value());
                try (var root = home.open(layer.id())) {
                    home.makeRoot(layer.id(), root, privileged);
                }
            }
        }
    }

    private void snapshot(LayerId parent, LayerId id, Fd layers, boolean readOnly) throws IOException {
        try (var source = home.open(parent)) {
            if (!subvolumes.isSubvolume(source.number())) {
                throw StorageException.of(
                                StorageException.Kind.DAMAGED,
                                "Layer " + parent + " is a plain folder, of which no snapshot can be made",
                                "Something else than btrfs or an engine put it there: remove it and import the image again")
                        .forLayer(parent);
            }
            privileges.hand(parent, id);
            subvolumes.snapshot(source.number(), layers.number(), id.value(), readOnly);
        }
    }

    private static boolean isImage(Layer layer) {
        return layer.kind() == Layer.Kind.IMAGE;
    }

    @Override
    public void remove(LayerId id) throws IOException {
        try (var layers = home.layers()) {
            if (!subvolumes.delete(layers.number(), id.value())) {
                TreeRemoval.remove(linux, layers.number(), storage.api.FileNames.encode(id.value()));
            }
        }
        limits.forget(id);
        privileges.remove(id);
    }

    @Override
    public Path mount(Layer layer, String label) throws IOException {
        SecurityLabel.refuseWithoutSelinux(label);
        if (info.access() == StoreInfo.Access.WRITE && (isImage(layer) || !label.isEmpty() || limits.has(layer.id()))) {
            try (var root = home.open(layer.id())) {
                makeReady(layer, root, label);
            }
        }
        return home.folder(layer.id());
    }

    private void makeReady(Layer layer, Fd root, String label) throws IOException {
        if (!subvolumes.isSubvolume(root.number())) {
            return; // a plain folder, which a check finds
        }
        if (!label.isEmpty() && !labels.isOn(root, label)) {
            subvolumes.setReadOnly(root.number(), false);
            labels.put(root, label);
        }
        limits.renew(layer.id(), root);
        if (isImage(layer)) {
            // an engine leaves its image layers writable
            subvolumes.setReadOnly(root.number(), true);
        }
    }

    @Override
    public void unmount(Layer layer) {
        // nothing of ours is mounted
    }

    @Override
    public Set<LayerId> mounted() throws IOException {
        return home.mounted();
    }

    @Override
    public boolean isMounted(LayerId id) throws IOException {
        return home.isMounted(id);
    }

    @Override
    public ArchiveLimits archiveLimits() {
        return options.archives();
    }

    @Override
    public long apply(Layer layer, InputStream archive) throws IOException {
        var record = privileges.load(layer.id());
        try (var root = home.open(layer.id())) {
            subvolumes.setReadOnly(root.number(), false);
            var target = new UnpackTarget(root.number(), List.of(), WhiteoutForm.REMOVE);
            var recorded = privileged ? Optional.<PrivilegeRecord>empty() : Optional.<PrivilegeRecord>of(record);
            var how = new UnpackOptions(info.idMaps(), options.archives(), recorded);
            var unpacked = LayerUnpacker.unpack(linux, target, archive, how);
            privileges.save(layer.id(), record);
            subvolumes.setReadOnly(root.number(), layer.kind() == Layer.Kind.IMAGE);
            return unpacked.bytes();
        }
    }

    /** Another snapshot takes hardly any space, and what was written is let go. */
    @Override
    public boolean empty(Layer layer) throws IOException {
        if (SecurityLabel.isPossible()) {
            return false; // the layer may have one, which is known only where it is created
        }
        remove(layer.id());
        make(layer, true);
        if (layer.kind() == Layer.Kind.IMAGE) {
            try (var root = home.open(layer.id())) {
                subvolumes.setReadOnly(root.number(), true);
            }
        }
        return true;
    }

    @Override
    public Optional<NativeDiff> nativeDiff() {
        return privileged
                ? Optional.of(new SnapshotDiff(linux, home, info.idMaps(), lineage, privileges))
                : Optional.empty();
    }

    @Override
    public ChangeSink steady(ChangeSink sink) {
        return new Placeholders(linux, sink);
    }

    @Override
    public boolean knowsPristine() {
        return true;
    }

    /** Since it became a snapshot; never, where the parent may have been written to as well. */
    @Override
    public Optional<Long> pristineBefore(Layer layer) throws IOException {
        var parent = layer.parent();
        return Optional.of(parent.isPresent() ? lineage.untouchedSince(layer.id(), parent.get()) : Lineage.NEVER);
    }

    @Override
    public Optional<PrivilegeRecord> privileges(LayerId id) throws IOException {
        return privileges.find(id);
    }

    @Override
    public LayerFiles files(Layer layer) throws IOException {
        return new TreeFiles(linux, home.open(layer.id()));
    }

    @Override
    public Map<String, String> metadata(Layer layer) throws IOException {
        try (var root = home.open(layer.id())) {
            return limits.describe(layer.id(), root);
        }
    }

    @Override
    public Map<String, String> status() throws IOException {
        var status = new LinkedHashMap<String, String>();
        try (var layers = home.layers()) {
            status.put("Backing Filesystem", FsMagic.of(linux, layers.number()));
        } catch (SyscallException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            // opened for reading where there is nothing yet
        }
        // the engine names its C library's; btrfs is the kernel's here, and no library is used
        status.put("Build Version", "Linux " + Kernel.release());
        return status;
    }

    @Override
    public List<LayerCheck.Finding> findings() throws IOException {
        var findings = new ArrayList<LayerCheck.Finding>();
        for (var id : home.ids()) {
            try (var root = home.open(id)) {
                if (!subvolumes.isSubvolume(root.number())) {
                    findings.add(new LayerCheck.Finding(
                            id.value(),
                            PathBytes.text(info.home().relativize(home.folder(id))),
                            "Layer " + id + " is a plain folder and no subvolume: nothing can stand on it",
                            false));
                }
            }
        }
        findings.addAll(home.findings());
        return findings;
    }

    @Override
    public List<String> repair() throws IOException {
        return home.setStrangersAside();
    }

    @Override
    public boolean setAside(LayerId id, Path place) throws IOException {
        try (var root = home.open(id)) {
            var readOnly = subvolumes.isSubvolume(root.number()) && subvolumes.isReadOnly(root.number());
            if (readOnly) {
                // its folder could not be given another one above it
                subvolumes.setReadOnly(root.number(), false);
            }
            AtomicFile.rename(home.folder(id), place);
            if (readOnly) {
                subvolumes.setReadOnly(root.number(), true);
            }
        }
        limits.forget(id);
        privileges.setAside(id, place);
        return true;
    }

    @Override
    public boolean commits() {
        return true;
    }

    @Override
    public void close() {
        home.close();
    }
}
