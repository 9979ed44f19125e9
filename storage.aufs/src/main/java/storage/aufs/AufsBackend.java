package storage.aufs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.aufs.diff.BranchDiff;
import storage.aufs.mount.BranchLimit;
import storage.aufs.mount.OpaqueMarks;
import storage.aufs.mount.Union;
import storage.aufs.mount.UnionMounts;
import storage.common.archive.ArchiveIntake;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.common.archive.WhiteoutForm;
import storage.common.io.HomeFiles;
import storage.common.io.HomeFolder;
import storage.common.store.Backend;
import storage.common.store.KnownLayers;
import storage.common.store.NativeDiff;
import storage.common.store.Parentage;
import storage.common.store.Problem;
import storage.common.store.Quarantine;
import storage.common.store.Refusals;
import storage.common.store.Rollback;
import storage.common.store.RootAttributes;
import storage.common.store.TreeFiles;
import storage.linux.Errno;
import storage.linux.MountWatch;
import storage.linux.PathBytes;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Layers in the layout {@code aufs}: each holds its own difference, and a union puts those of all its ancestors below it. */
final class AufsBackend implements Backend, ArchiveIntake {
    private static final Logger log = LoggerFactory.getLogger(AufsBackend.class);

    /** The longest name in a union, AUFS_MAX_NAMELEN of fs/aufs: 255 less two prefixes, a dot and four digits. */
    private static final int LONGEST_NAME = 242;

    private final Syscalls linux;
    private final StoreInfo info;
    private final Features features;
    private final ArchiveLimits limits;
    private final HomeFiles files;
    private final AufsFolders folders;
    private final UnionMounts mounts;
    private final MountWatch watch;
    private final BranchLimit limit;
    private final Leftovers leftovers;
    private KnownLayers known = id -> Optional.empty();

    AufsBackend(Syscalls linux, StoreInfo info, Features features, ArchiveLimits limits) {
        this.linux = linux;
        this.info = info;
        this.features = features;
        this.limits = limits.withMaxNameBytes(Math.min(limits.maxNameBytes(), LONGEST_NAME));
        files = new HomeFiles(linux, info.home(), info.idMaps());
        folders = new AufsFolders(files);
        mounts = new UnionMounts(linux, files, features.dirperm1());
        watch = new MountWatch(linux);
        limit = new BranchLimit(linux, features.dirperm1());
        leftovers = new Leftovers(linux, info, files);
    }

    @Override
    public void prepare() throws IOException {
        var ids = info.idMaps();
        HomeFolder.ensure(linux, info.home(), HomeFolder.HOME_MODE, ids.rootUid(), ids.rootGid());
        for (var folder : List.of(AufsFolders.MNT, AufsFolders.DIFF, AufsFolders.LAYERS)) {
            HomeFolder.ensure(linux, info.home().resolve(folder), HomeFolder.HOME_MODE, ids.rootUid(), ids.rootGid());
        }
        watch.open();
        leftovers.finishRemovals();
    }

    @Override
    public void close() {
        watch.close();
    }

    @Override
    public void attach(KnownLayers layers) {
        known = layers;
    }

    @Override
    public Set<LayerId> ids() throws IOException {
        return folders.ids();
    }

    @Override
    public boolean exists(LayerId id) throws IOException {
        return files.exists(AufsFolders.layer(id));
    }

    @Override
    public Path folder(LayerId id) {
        return files.path(AufsFolders.diff(id));
    }

    @Override
    public Parentage parentage(LayerId id) throws IOException {
        return folders.parentage(id);
    }

    @Override
    public void create(Layer layer, LayerOptions options, Rollback undo) throws IOException {
        var id = layer.id();
        if (!options.storageOptions().isEmpty()) {
            throw StorageException.of(
                            StorageException.Kind.NOT_SUPPORTED,
                            "The aufs driver takes no options for a layer, such as "
                                    + options.storageOptions()
                                            .keySet()
                                            .iterator()
                                            .next(),
                            "Leave them out, or use the driver overlay2, which knows 'size'")
                    .forLayer(id);
        }
        var parents = layer.parent().isPresent()
                ? folders.parentsOfChild(layer.parent().get())
                : List.<LayerId>of();
        refuseTooDeep(id, parents.size() + 1);
        leftovers.setBranchAside(id);
        undo.add(() -> remove(id));
        if (!files.exists(AufsFolders.mnt(id))) {
            files.makeFolder(AufsFolders.mnt(id), 0755);
        }
        makeTree(layer);
        files.write(AufsFolders.layer(id), AufsFolders.text(parents), 0644);
    }

    private void refuseTooDeep(LayerId id, int branches) throws IOException {
        var most = limit.upTo(branches, () -> {
            try (var home = NearestFolder.of(linux, info.home())) {
                return NearestFolder.beside(linux, info, home).fd();
            }
        });
        if (branches > most) {
            throw StorageException.of(
                            StorageException.Kind.LIMIT_EXCEEDED,
                            "Layer " + id + " would be a union of " + branches
                                    + " branches, and the aufs of this kernel takes at most " + most,
                            "Make one layer of many: archive the tree of a mounted layer with tar, and fill a new image"
                                    + " layer with 'storage apply'; or use a kernel built for more branches")
                    .forLayer(id);
        }
    }

    private void makeTree(Layer layer) throws IOException {
        var diff = AufsFolders.diff(layer.id());
        files.makeFolder(diff, 0755);
        if (layer.parent().isPresent()) {
            var below = AufsFolders.diff(layer.parent().get());
            RootAttributes.copy(linux, files.bytes(below), files.bytes(diff));
        }
    }

    @Override
    public void remove(LayerId id) throws IOException {
        mounts.unmount(id, AufsFolders.diff(id));
        files.unlink(AufsFolders.layer(id));
        for (var folder : List.of(AufsFolders.diff(id), AufsFolders.mnt(id))) {
            mounts.removeAside(id, folder, AufsFolders.removing(folder));
        }
    }

    @Override
    public Path mount(Layer layer, String label) throws IOException {
        var id = layer.id();
        var parents = folders.parents(id);
        if (parents.isEmpty()) {
            if (layer.parent().isPresent()) {
                throw AufsFolders.damaged(id, "its file layers/" + id + " does not name its parent");
            }
            return files.path(AufsFolders.diff(id));
        }
        if (info.access() == StoreInfo.Access.READ && !mounts.isMounted(id)) {
            throw Refusals.notForReaders(id);
        }
        var lowers = parents.stream().map(AufsFolders::diff).toList();
        try {
            return mounts.mount(id, new Union(AufsFolders.diff(id), lowers, layer.kind() == Layer.Kind.IMAGE), label);
        } catch (SyscallException e) {
            throw explained(id, parents, e);
        }
    }

    /** What the kernel calls a missing file may be a missing layer, and what it calls no space are too many branches. */
    private IOException explained(LayerId id, List<LayerId> parents, SyscallException e) throws IOException {
        for (var parent : parents) {
            if (!files.isFolder(AufsFolders.diff(parent))) {
                return AufsFolders.damaged(id, "it stands on layer " + parent + ", which is missing")
                        .causedBy(e);
            }
        }
        // fewer fit into any kernel: then it is the filesystem or the folder of inode numbers that is full
        var tooMany =
                e.call().equals("mount") && e.errno() == Errno.ENOSPC && parents.size() + 1 > BranchLimit.SMALLEST;
        return tooMany
                ? StorageException.of(
                                StorageException.Kind.LIMIT_EXCEEDED,
                                "Layer " + id + " is a union of " + (parents.size() + 1)
                                        + " branches, and the aufs of this kernel does not take so many",
                                "Use a kernel built for more branches, or read the layer without a mount: 'storage export'")
                        .withErrno(e.errno())
                        .causedBy(e)
                        .forLayer(id)
                : e;
    }

    @Override
    public void unmount(Layer layer) throws IOException {
        var wasMounted = mounts.unmount(layer.id(), AufsFolders.diff(layer.id()));
        if (wasMounted && layer.kind() == Layer.Kind.READ_WRITE) {
            completeMarks(layer.id());
        }
    }

    /** The layer is whole without it: only the next mount would show too much. */
    private void completeMarks(LayerId id) {
        try (var trees = new LayerTrees(files, folders, id, Optional.empty())) {
            new OpaqueMarks(linux, trees.lowers()).complete(trees.upper());
        } catch (IOException e) {
            log.warn(
                    "The opaque directories of layer {} could not be completed: its next mount may show what they hide: {}",
                    id,
                    e.getMessage());
        }
    }

    @Override
    public Set<LayerId> mounted() throws IOException {
        return mounts.mounted();
    }

    @Override
    public ArchiveLimits archiveLimits() {
        return limits;
    }

    @Override
    public boolean isMounted(LayerId id) throws IOException {
        return watch.mentions(id.value()) && mounted().contains(id);
    }

    @Override
    public long apply(Layer layer, InputStream archive) throws IOException {
        try (var trees = new LayerTrees(files, folders, layer.id(), Optional.empty())) {
            // a layer on nothing is shown as it lies there, where marks would be seen, and hides nothing
            var target = trees.lowers().isEmpty()
                    ? UnpackTarget.plain(trees.upper())
                    : new UnpackTarget(trees.upper(), trees.lowers(), WhiteoutForm.AUFS);
            var how = new UnpackOptions(info.idMaps(), limits, Optional.empty());
            var bytes = LayerUnpacker.unpack(linux, target, archive, how).bytes();
            new OpaqueMarks(linux, trees.lowers()).complete(trees.upper());
            return bytes;
        }
    }

    @Override
    public boolean empty(Layer layer) throws IOException {
        files.removeTree(AufsFolders.diff(layer.id()));
        makeTree(layer);
        return true;
    }

    @Override
    public Optional<NativeDiff> nativeDiff() {
        return Optional.of(new BranchDiff(
                linux, info.idMaps(), (layer, against) -> new LayerTrees(files, folders, layer.id(), against)));
    }

    /** Trees are never compared file by file, so nothing needs to be known of when they were the same. */
    @Override
    public boolean knowsPristine() {
        return true;
    }

    @Override
    public LayerFiles files(Layer layer) throws IOException {
        var own = files.open(AufsFolders.diff(layer.id()));
        return new TreeFiles(linux, own, () -> new LayerTrees(files, folders, layer.id(), Optional.empty()));
    }

    @Override
    public Map<String, String> metadata(Layer layer) throws IOException {
        var id = layer.id();
        var metadata = new LinkedHashMap<String, String>();
        var parents = folders.parents(id);
        if (!parents.isEmpty()) {
            metadata.put(
                    "LowerDir",
                    parents.stream()
                            .map(parent -> files.text(AufsFolders.diff(parent)))
                            .collect(Collectors.joining(":")));
            metadata.put("MergedDir", files.text(AufsFolders.mnt(id)));
        }
        metadata.put("UpperDir", files.text(AufsFolders.diff(id)));
        return metadata;
    }

    @Override
    public Map<String, String> status() throws IOException {
        var status = new LinkedHashMap<String, String>();
        status.put("Root Dir", PathBytes.text(info.home()));
        status.put("Backing Filesystem", features.backing());
        status.put("Dirs", Integer.toString(folders.ids().size()));
        status.put("Dirperm1 Supported", String.valueOf(features.dirperm1()));
        if (!features.inKernel()) {
            status.put("Aufs in Kernel", "false");
        }
        return status;
    }

    @Override
    public List<LayerCheck.Finding> findings() throws IOException {
        return Problem.findings(this::problems);
    }

    @Override
    public List<String> repair() throws IOException {
        return Problem.repair(this::problems);
    }

    private List<Problem> problems() throws IOException {
        return AufsCheck.run(files, folders, known, new Quarantine(linux, info));
    }

    @Override
    public boolean setAside(LayerId id, Path place) throws IOException {
        return leftovers.setAside(id, place);
    }
}
