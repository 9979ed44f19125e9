package storage.vfs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.FileNames;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.common.archive.ArchiveIntake;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.FilePrivilegeRecord;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.PrivilegeRecord;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.common.archive.WhiteoutForm;
import storage.common.io.AtomicFile;
import storage.common.store.Backend;
import storage.common.store.FlatHome;
import storage.common.store.LayerPrivileges;
import storage.common.store.Parentage;
import storage.common.store.Rollback;
import storage.common.store.TreeFiles;
import storage.common.tree.TreeCopy;
import storage.common.tree.TreeRemoval;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FsMagic;
import storage.linux.Privilege;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Layers as plain folders. Nothing is ever mounted: a layer is shown where it lies, so an image layer is protected by the
 * modes of the home alone.
 */
final class VfsBackend implements Backend, ArchiveIntake {
    private static final Logger log = LoggerFactory.getLogger(VfsBackend.class);

    private final Syscalls linux;
    private final StoreInfo info;
    private final FlatHome home;
    private final ArchiveLimits limits;
    private final LayerPrivileges privileges;
    private final boolean privileged = Privilege.current().canMakeAnyFile();
    private final AtomicBoolean told = new AtomicBoolean();

    VfsBackend(Syscalls linux, StoreInfo info, FlatHome home, ArchiveLimits limits) {
        this.linux = linux;
        this.info = info;
        this.home = home;
        this.limits = limits;
        this.privileges = new LayerPrivileges(linux, info);
    }

    @Override
    public void prepare() throws IOException {
        home.prepare();
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
    public void create(Layer layer, LayerOptions options, Rollback undo) throws IOException {
        refuse(options);
        var id = layer.id();
        undo.add(() -> remove(id));
        try (var layers = home.layers()) {
            Errno.check(linux.mkdirat(layers.number(), name(id), 0700), "mkdirat", path(id));
            try (var root = home.open(id)) {
                if (layer.parent().isPresent()) {
                    copy(layer.parent().get(), id, root);
                } else {
                    home.makeRoot(id, root, privileged);
                }
            }
        }
    }

    private static void refuse(LayerOptions options) throws StorageException {
        if (!options.storageOptions().isEmpty()) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The driver vfs does not know the storage option "
                            + String.join(
                                    ", ",
                                    options.storageOptions().keySet().stream()
                                            .sorted()
                                            .toList()),
                    "Leave it out, or choose a driver with quotas");
        }
        refuse(options.mountLabel());
    }

    private static void refuse(String label) throws StorageException {
        if (!label.isEmpty()) {
            throw StorageException.of(
                    StorageException.Kind.NOT_SUPPORTED,
                    "The driver vfs mounts nothing that could carry the security label " + label,
                    "Leave the label out, or choose another driver");
        }
    }

    private void copy(LayerId parent, LayerId id, Fd root) throws IOException {
        var record = privileges.load(parent);
        try (var from = home.open(parent)) {
            TreeCopy.copy(linux, from.number(), root.number(), TreeCopy.Mode.CONTENT, unprivileged(record));
        }
        save(id, record);
        // a record that calls the layer whole must not reach the disk before the copy does
        Errno.check(linux.syncfs(root.number()), "syncfs", path(id));
    }

    private Optional<PrivilegeRecord> unprivileged(PrivilegeRecord record) {
        return privileged ? Optional.empty() : Optional.of(record);
    }

    private void save(LayerId id, FilePrivilegeRecord record) throws IOException {
        privileges.save(id, record);
        if (!record.isEmpty() && !told.getAndSet(true)) {
            log.info("Owners and devices that an ordinary user may not make are recorded in {}", info.state());
        }
    }

    @Override
    public void remove(LayerId id) throws IOException {
        try (var layers = home.layers()) {
            TreeRemoval.remove(linux, layers.number(), name(id));
        }
        privileges.remove(id);
    }

    @Override
    public Path mount(Layer layer, String label) throws IOException {
        refuse(label);
        return home.folder(layer.id());
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
        return limits;
    }

    @Override
    public long apply(Layer layer, InputStream archive) throws IOException {
        var record = privileges.load(layer.id());
        try (var root = home.open(layer.id())) {
            var target = new UnpackTarget(root.number(), List.of(), WhiteoutForm.REMOVE);
            var options = new UnpackOptions(info.idMaps(), limits, unprivileged(record));
            var unpacked = LayerUnpacker.unpack(linux, target, archive, options);
            save(layer.id(), record);
            return unpacked.bytes();
        }
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
    public Map<String, String> metadata(Layer layer) {
        return Map.of();
    }

    @Override
    public Map<String, String> status() throws IOException {
        try (var layers = home.layers()) {
            return Map.of("Backing Filesystem", FsMagic.of(linux, layers.number()));
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT) {
                // opened for reading where there is nothing yet
                return Map.of();
            }
            throw e;
        }
    }

    @Override
    public List<LayerCheck.Finding> findings() throws IOException {
        return home.findings();
    }

    @Override
    public List<String> repair() throws IOException {
        return home.setStrangersAside();
    }

    @Override
    public boolean setAside(LayerId id, Path place) throws IOException {
        AtomicFile.rename(home.folder(id), place);
        privileges.setAside(id, place);
        return true;
    }

    @Override
    public void close() {
        home.close();
    }

    private String path(LayerId id) {
        return home.folder(id).toString();
    }

    private static byte[] name(LayerId id) {
        return FileNames.encode(id.value());
    }
}
