package storage.loopback;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import storage.api.Layer;
import storage.api.LayerCheck;
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
import storage.common.block.BlockFilesystem;
import storage.common.block.Frozen;
import storage.common.block.LayerMounts;
import storage.common.io.AtomicFile;
import storage.common.io.HomeFiles;
import storage.common.io.HomeFolder;
import storage.common.store.Backend;
import storage.common.store.IdLocks;
import storage.common.store.KnownLayers;
import storage.common.store.Parentage;
import storage.common.store.Quarantine;
import storage.common.store.Refusals;
import storage.common.store.Rollback;
import storage.common.store.TreeFiles;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.FsMagic;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/**
 * Layers as filesystems in files: {@code ID/image}, shown at {@code ID/mnt/rootfs} while it is mounted.
 *
 * <p>A lock a layer, besides the store's, is held while its device is looked for and mounted, and while its image is
 * copied: a file must not get two devices, and must not be mounted for writing in the middle of a copy. One that is
 * mounted already is frozen for the copy; image layers are never written to, so of these copies are made side by side.
 */
@SuppressWarnings("try") // locks are held, not used
final class LoopbackBackend implements Backend, ArchiveIntake {
    private static final String MOUNT_POINT = "/mnt";

    /** The longest copy of an image that anybody waits for. */
    private static final Duration LONGEST_COPY = Duration.ofMinutes(10);

    private final Syscalls linux;
    private final StoreInfo info;
    private final LoopbackOptions options;
    private final HomeFiles files;
    private final LayerImages images;
    private final LayerMounts mounts;
    private final KernelLoopDevices devices;
    private final IdLocks locks = new IdLocks(LONGEST_COPY);
    private KnownLayers known = id -> Optional.empty();

    LoopbackBackend(Syscalls linux, StoreInfo info, LoopbackOptions options) {
        this.linux = linux;
        this.info = info;
        this.options = options;
        files = new HomeFiles(linux, info.home(), info.idMaps());
        devices = new KernelLoopDevices(linux);
        images = new LayerImages(linux, files, devices, new Templates(linux, info, devices));
        mounts = new LayerMounts(
                linux,
                files,
                "",
                MOUNT_POINT,
                (id, entry) -> entry.root().equals("/")
                        && files.exists(LayerImages.image(id))
                        && devices.isOver(entry.device(), files.path(LayerImages.image(id))));
    }

    @Override
    public void attach(KnownLayers layers) {
        known = layers;
    }

    @Override
    public void prepare() throws IOException {
        HomeFolder.ensure(
                linux,
                info.home(),
                HomeFolder.HOME_MODE,
                linux.geteuid(),
                info.idMaps().rootGid());
        for (var id : mounts.mounted()) {
            // a process may have died while it copied the image
            if (files.exists(mounts.point(id))) {
                try (var root = files.open(mounts.point(id))) {
                    Frozen.thaw(linux, root.number());
                }
            }
        }
    }

    @Override
    public Set<LayerId> ids() throws IOException {
        return files.layers();
    }

    @Override
    public boolean exists(LayerId id) throws IOException {
        return files.isFolder(id.value());
    }

    @Override
    public Path folder(LayerId id) {
        return files.path(id.value());
    }

    @Override
    public Parentage parentage(LayerId id) {
        return Parentage.UNRECORDED;
    }

    @Override
    public void create(Layer layer, LayerOptions layerOptions, Rollback undo) throws IOException {
        var id = layer.id();
        var size = LoopbackOptions.sizeOf(layerOptions.storageOptions());
        undo.add(() -> remove(id));
        files.makeLayerFolder(id.value());
        if (layer.parent().isPresent()) {
            copy(layer.parent().get(), id, size);
        } else {
            images.make(id, options.filesystem(), size.orElse(options.size()));
        }
    }

    private void copy(LayerId parent, LayerId id, OptionalLong size) throws IOException {
        var image = known.layer(parent)
                .filter(layer -> layer.kind() == Layer.Kind.IMAGE)
                .isPresent();
        try (var held = image ? locks.share(parent) : locks.lock(parent)) {
            if (image || !devices.isAttached(files.path(LayerImages.image(parent)))) {
                images.copy(parent, id, size);
                return;
            }
            try (var root = images.view(parent, false);
                    var frozen = Frozen.freeze(linux, root.number())) {
                images.copy(parent, id, size);
            }
        }
    }

    @Override
    public void remove(LayerId id) throws IOException {
        if (files.exists(id.value())) {
            mounts.unmount(id);
            files.removeTree(id.value());
        }
    }

    @Override
    public Path mount(Layer layer, String label) throws IOException {
        var id = layer.id();
        var tree = mounts.path(id).resolve(LayerImages.ROOT);
        if (info.access() == StoreInfo.Access.READ) {
            if (!mounts.isMounted(id)) {
                throw Refusals.notForReaders(id);
            }
            return tree;
        }
        try (var held = locks.lock(id)) {
            if (!mounts.isMounted(id)) {
                try (var device = devices.hold(files.path(LayerImages.image(id)), false)) {
                    mounts.mount(id, images.mounting(id, device, isImage(layer), label));
                }
            }
            return tree;
        }
    }

    private static boolean isImage(Layer layer) {
        return layer.kind() == Layer.Kind.IMAGE;
    }

    @Override
    public Optional<Fd> glimpse(Layer layer) throws IOException {
        return mounts.isMounted(layer.id()) ? Optional.empty() : Optional.of(images.glimpse(layer.id()));
    }

    @Override
    public void unmount(Layer layer) throws IOException {
        mounts.unmount(layer.id());
    }

    @Override
    public Set<LayerId> mounted() throws IOException {
        return mounts.mounted();
    }

    @Override
    public ArchiveLimits archiveLimits() {
        return options.archives();
    }

    @Override
    public long apply(Layer layer, InputStream archive) throws IOException {
        try (var held = locks.lock(layer.id());
                var root = images.view(layer.id(), false)) {
            var target = new UnpackTarget(root.number(), List.of(), WhiteoutForm.REMOVE);
            var how = new UnpackOptions(info.idMaps(), options.archives(), Optional.empty());
            var unpacked = LayerUnpacker.unpack(linux, target, archive, how);
            Errno.check(linux.syncfs(root.number()), "syncfs", files.text(LayerImages.image(layer.id())));
            return unpacked.bytes();
        }
    }

    /** Makes the image anew, in an interrupted thread too: what was half filled must not stay. */
    @Override
    public boolean empty(Layer layer) throws IOException {
        var id = layer.id();
        var interrupted = Thread.interrupted();
        try {
            long size;
            BlockFilesystem filesystem;
            try (var image = images.open(id, FileCalls.O_RDONLY)) {
                size = images.stat(image, LayerImages.image(id)).size;
                filesystem = images.filesystem(image, LayerImages.image(id));
            }
            if (layer.parent().isPresent()) {
                copy(layer.parent().get(), id, OptionalLong.of(size));
            } else {
                images.make(id, filesystem, size);
            }
            return true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public LayerFiles files(Layer layer) throws IOException {
        return new TreeFiles(linux, tree(layer));
    }

    private Fd tree(Layer layer) throws IOException {
        var id = layer.id();
        if (mounts.isMounted(id)) {
            return files.open(mounts.point(id) + "/" + LayerImages.ROOT);
        }
        if (info.access() == StoreInfo.Access.READ) {
            return images.glimpse(id);
        }
        try (var held = locks.lock(id)) {
            return images.view(id, isImage(layer));
        }
    }

    @Override
    public Map<String, String> metadata(Layer layer) throws IOException {
        var name = LayerImages.image(layer.id());
        try (var image = images.open(layer.id(), FileCalls.O_RDONLY)) {
            var metadata = new LinkedHashMap<String, String>();
            metadata.put("ImageFile", files.text(name));
            metadata.put("Filesystem", images.filesystem(image, name).type());
            metadata.put("Size", Long.toString(images.stat(image, name).size));
            return metadata;
        }
    }

    @Override
    public Map<String, String> status() throws IOException {
        var status = new LinkedHashMap<String, String>();
        if (files.exists("")) {
            try (var home = files.open("")) {
                status.put("Backing Filesystem", FsMagic.of(linux, home.number()));
            }
        }
        status.put("Image Filesystem", options.filesystem().type());
        status.put("Image Size", Long.toString(options.size()));
        return status;
    }

    @Override
    public List<LayerCheck.Finding> findings() throws IOException {
        var findings = new ArrayList<LayerCheck.Finding>();
        for (var id : files.layers()) {
            if (isWhole(id) && !files.exists(LayerImages.image(id)) && isWhole(id)) {
                findings.add(new LayerCheck.Finding(
                        id.value(),
                        LayerImages.image(id),
                        "Layer " + id + " has lost its content: its image is missing",
                        false));
            }
        }
        for (var stranger : strangers()) {
            findings.add(new LayerCheck.Finding(
                    "", stranger, "'" + stranger + "' in " + PathBytes.text(info.home()) + " is no layer", true));
        }
        return findings;
    }

    /** Asked before and after a look at the layer, which may be made or removed meanwhile. */
    private boolean isWhole(LayerId id) throws IOException {
        return known.layer(id)
                .filter(layer -> layer.state() != Layer.State.INCOMPLETE)
                .isPresent();
    }

    private List<String> strangers() throws IOException {
        var strangers = new ArrayList<String>();
        for (var name : files.names("")) {
            // a filesystem mounted here has one name of its own
            if (!name.equals("lost+found") && !(LayerId.isValid(name) && files.isFolder(name)) && files.exists(name)) {
                strangers.add(name);
            }
        }
        return strangers;
    }

    @Override
    public List<String> repair() throws IOException {
        var done = new ArrayList<String>();
        for (var stranger : strangers()) {
            var place = new Quarantine(linux, info).move(PathBytes.path(files.text(stranger)), stranger);
            done.add("Moved '" + stranger + "' to " + place);
        }
        return done;
    }

    @Override
    public boolean setAside(LayerId id, Path place) throws IOException {
        if (devices.isAttached(files.path(LayerImages.image(id)))) {
            throw StorageException.of(
                            StorageException.Kind.IN_USE,
                            "The image of layer " + id + " still has a loop device",
                            "See with 'losetup -j " + files.text(LayerImages.image(id))
                                    + "' and 'fuser -vm' who uses it")
                    .forLayer(id);
        }
        AtomicFile.rename(folder(id), place);
        return true;
    }
}
