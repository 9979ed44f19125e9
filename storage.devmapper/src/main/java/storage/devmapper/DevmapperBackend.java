package storage.devmapper;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StoreInfo;
import storage.common.archive.ArchiveIntake;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.common.archive.WhiteoutForm;
import storage.common.block.BlockFilesystem;
import storage.common.block.LayerMounts;
import storage.common.io.HomeFiles;
import storage.common.io.HomeFolder;
import storage.common.store.Backend;
import storage.common.store.IdLocks;
import storage.common.store.Parentage;
import storage.common.store.Refusals;
import storage.common.store.Rollback;
import storage.common.store.TreeFiles;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Syscalls;

/**
 * Layers as thin devices, shown at {@code mnt/ID/rootfs} while they are mounted; active while they are mounted or worked on.
 *
 * <p>A lock a layer, besides the store's, is held while its device is made or removed or a snapshot of it is taken: these
 * may be asked for at once by those who share the layer.
 */
@SuppressWarnings("try") // locks are held, not used
final class DevmapperBackend implements Backend, ArchiveIntake {
    private static final String MOUNTS = "mnt";
    private static final String TREE = LayerMaking.TREE;

    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final Syscalls linux;
    private final StoreInfo info;
    private final DevmapperOptions options;
    private final ArchiveLimits limits;
    private final HomeFiles files;
    private final Stock stock;
    private final LayerMounts mounts;
    private final IdLocks locks = new IdLocks(LONGEST);
    private final LayerFilesystems filesystems;
    private final LayerMaking making;
    private final LayerRemoval removal;

    DevmapperBackend(Syscalls linux, StoreInfo info, DevmapperOptions options, ArchiveLimits limits, Stock stock) {
        this.linux = linux;
        this.info = info;
        this.options = options;
        this.limits = limits;
        this.stock = stock;
        files = new HomeFiles(linux, info.home(), info.idMaps());
        mounts = new LayerMounts(
                linux, files, MOUNTS + "/", "", (id, entry) -> stock.devices().isOf(id.value(), entry));
        filesystems = new LayerFilesystems(linux, options, stock, mounts, locks);
        making = new LayerMaking(linux, info, stock, filesystems, locks);
        removal = new LayerRemoval(linux, info, options, stock);
    }

    @Override
    public void prepare() throws IOException {
        var uid = info.idMaps().rootUid();
        var gid = info.idMaps().rootGid();
        HomeFolder.ensure(linux, info.home(), HomeFolder.STATE_MODE, uid, gid);
        HomeFolder.ensure(linux, stock.files().folder(), HomeFolder.STATE_MODE, linux.geteuid(), linux.getegid());
        var cookies = info.state().resolve("cookies");
        HomeFolder.ensure(linux, cookies, HomeFolder.STATE_MODE, linux.geteuid(), linux.getegid());
        stock.journal(new CookieJournal(cookies));
        var set = stock.start();
        stock.readers().removeLeft();
        var mounted = mounts.mounted();
        for (var layer : set.layers()) {
            if (layer.isEmpty() || !mounted.contains(new LayerId(layer))) {
                stock.release(layer); // of a process that died at work
            } else {
                stock.wake(layer);
            }
        }
        stock.deleteLeft();
    }

    @Override
    public Set<LayerId> ids() throws IOException {
        var ids = new TreeSet<LayerId>();
        for (var layer : stock.layers()) {
            if (!layer.isEmpty()) {
                ids.add(new LayerId(layer));
            }
        }
        return ids;
    }

    @Override
    public boolean exists(LayerId id) throws IOException {
        return stock.exists(id.value());
    }

    @Override
    public Path folder(LayerId id) {
        return stock.files().folder().resolve(id.value());
    }

    @Override
    public Parentage parentage(LayerId id) {
        return Parentage.UNRECORDED;
    }

    @Override
    public void create(Layer layer, LayerOptions layerOptions, Rollback undo) throws IOException {
        undo.add(() -> remove(layer.id()));
        making.create(layer, DevmapperOptions.sizeOf(layerOptions.storageOptions()));
    }

    @Override
    public void remove(LayerId id) throws IOException {
        try (var held = locks.lock(id)) {
            mounts.unmount(id);
            removal.remove(id.value());
        }
    }

    @Override
    public Path mount(Layer layer, String label) throws IOException {
        var id = layer.id();
        var tree = mounts.path(id).resolve(TREE);
        if (info.access() == StoreInfo.Access.READ) {
            if (!mounts.isMounted(id)) {
                throw Refusals.notForReaders(id);
            }
            return tree;
        }
        try (var held = locks.lock(id)) {
            if (!mounts.isMounted(id)) {
                mount(layer, label, tree);
            }
            return tree;
        }
    }

    private void mount(Layer layer, String label, Path tree) throws IOException {
        var id = layer.id();
        HomeFolder.ensure(
                linux,
                info.home().resolve(MOUNTS),
                0755,
                info.idMaps().rootUid(),
                info.idMaps().rootGid());
        stock.devices().activate(id.value(), stock.set().get(id.value()));
        try (var undo = new Rollback()) {
            undo.add(() -> stock.devices().deactivateIfPossible(id.value()));
            var mounting = filesystems.mounting(id, layer.kind() == Layer.Kind.IMAGE, label);
            mounts.mount(id, mounting);
            undo.add(() -> mounts.unmount(id));
            limitRetries(id, mounting.filesystem());
            if (!Files.isDirectory(tree)) {
                // an engine's, which was never mounted
                try (var top = filesystems.view(id, false, "")) {
                    making.makeTree(id, top);
                }
            }
            undo.keep();
        }
    }

    /** Else xfs tries to write to a full pool for ever, and what waits for it cannot be killed. */
    private void limitRetries(LayerId id, BlockFilesystem filesystem) throws IOException {
        if (filesystem == BlockFilesystem.XFS && options.xfsRetries().isPresent()) {
            var device = "dm-" + stock.devices().info(id.value()).minor();
            var setting = Path.of("/sys/fs/xfs", device, "error/metadata/ENOSPC/max_retries");
            Files.writeString(setting, Integer.toString(options.xfsRetries().getAsInt()));
        }
    }

    @Override
    public Optional<Fd> glimpse(Layer layer) throws IOException {
        return mounts.isMounted(layer.id()) ? Optional.empty() : Optional.of(viewToRead(layer.id()));
    }

    private Fd viewToRead(LayerId id) throws IOException {
        return stock.readers()
                .open(stock.record(id.value()), stock.files().folder(), TREE)
                .orElseThrow(() -> Refusals.notForReaders(id));
    }

    @Override
    public void unmount(Layer layer) throws IOException {
        try (var held = locks.lockUninterruptibly(layer.id())) {
            mounts.unmount(layer.id());
            stock.devices().deactivateIfPossible(layer.id().value());
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
    public long apply(Layer layer, InputStream archive) throws IOException {
        var bytes = new long[1];
        filesystems.work(layer.id(), false, top -> {
            try (var tree = Fd.open(linux, top.number(), TREE, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, 0)) {
                var target = new UnpackTarget(tree.number(), List.of(), WhiteoutForm.REMOVE);
                var how = new UnpackOptions(info.idMaps(), limits, Optional.empty());
                bytes[0] = LayerUnpacker.unpack(linux, target, archive, how).bytes();
                Errno.check(linux.syncfs(tree.number()), "syncfs", layer.id().value());
            }
        });
        return bytes[0];
    }

    /**
     * Takes another snapshot, in an interrupted thread too: what was half filled must not stay. And now: a deletion that is
     * deferred would keep the name.
     */
    @Override
    public boolean empty(Layer layer) throws IOException {
        var interrupted = Thread.interrupted();
        try {
            var size = stock.set().get(layer.id().value()).size();
            try (var held = locks.lock(layer.id())) {
                mounts.unmount(layer.id());
                removal.removeNow(layer.id().value());
            }
            making.create(layer, OptionalLong.of(size));
            return true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public boolean isApart() {
        return true;
    }

    @Override
    public LayerFiles files(Layer layer) throws IOException {
        var id = layer.id();
        if (mounts.isMounted(id)) {
            return new TreeFiles(linux, files.open(mounts.point(id) + "/" + TREE));
        }
        if (info.access() == StoreInfo.Access.READ) {
            return new TreeFiles(linux, viewToRead(id));
        }
        try (var held = locks.lock(id)) {
            return new TreeFiles(linux, filesystems.view(id, layer.kind() == Layer.Kind.IMAGE, TREE));
        }
    }

    @Override
    public Map<String, String> metadata(Layer layer) throws IOException {
        var id = layer.id().value();
        var record = stock.record(id);
        var metadata = new LinkedHashMap<String, String>();
        metadata.put("DeviceId", Integer.toString(record.deviceId()));
        metadata.put("DeviceName", stock.devices().name(id));
        metadata.put("DeviceSize", Long.toString(record.size()));
        return metadata;
    }

    @Override
    public Map<String, String> status() throws IOException {
        return new StatusReport(linux, stock, options).report();
    }

    @Override
    public List<LayerCheck.Finding> findings() throws IOException {
        return new DevmapperCheck(linux, info, stock).findings();
    }

    @Override
    public List<String> repair() throws IOException {
        return new DevmapperCheck(linux, info, stock).repair();
    }

    @Override
    public boolean setAside(LayerId id, Path place) throws IOException {
        stock.devices().deactivate(id.value());
        stock.set().setAside(id.value(), place);
        return true;
    }

    @Override
    public void cleanup() throws IOException {
        stock.stop();
    }

    @Override
    public void close() throws IOException {
        stock.close();
    }
}
