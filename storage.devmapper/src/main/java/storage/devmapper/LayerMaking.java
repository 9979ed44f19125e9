package storage.devmapper;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import storage.api.FileNames;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.common.store.IdLocks;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Syscalls;

/** Makes layers: a snapshot of the parent's device, or of the base device, grown if a larger size is asked for. */
@SuppressWarnings("try") // locks are held, not used
final class LayerMaking {
    /** In each filesystem: a layer's tree. */
    static final String TREE = "rootfs";

    /** In each filesystem: whose it was when it was mounted first. */
    private static final String ID_FILE = "id";

    private static final int TREE_MODE = 0755;
    private static final int SECTOR = 512;

    private final Syscalls linux;
    private final StoreInfo info;
    private final Stock stock;
    private final LayerFilesystems filesystems;
    private final IdLocks locks;

    LayerMaking(Syscalls linux, StoreInfo info, Stock stock, LayerFilesystems filesystems, IdLocks locks) {
        this.linux = linux;
        this.info = info;
        this.stock = stock;
        this.filesystems = filesystems;
        this.locks = locks;
    }

    /** @param wanted the layer's size; empty for its parent's */
    void create(Layer layer, OptionalLong wanted) throws IOException {
        var id = layer.id().value();
        var parent = layer.parent().map(LayerId::value).orElse(SetFiles.BASE);
        var set = stock.set();
        if (layer.parent().isPresent()) {
            try (var held = locks.lock(layer.parent().get())) {
                grow(
                        layer.id(),
                        set.addSnapshot(id, parent, size(parent, wanted)),
                        set.get(parent).size());
            }
            return;
        }
        var record = set.addSnapshot(id, parent, size(parent, wanted));
        grow(layer.id(), record, set.get(parent).size());
        filesystems.work(layer.id(), false, top -> makeTree(layer.id(), top));
    }

    private long size(String parent, OptionalLong wanted) throws IOException {
        var least = stock.set().get(parent).size();
        if (wanted.isPresent() && wanted.getAsLong() < least) {
            throw StorageException.of(
                    Kind.INVALID,
                    "A size of " + wanted.getAsLong() + " bytes is less than the " + least + " of "
                            + DeviceSet.title(parent) + ": layers only grow",
                    "Give at least " + least + ", or leave the size out");
        }
        return wanted.orElse(least) / SECTOR * SECTOR;
    }

    private void grow(LayerId id, DeviceRecord record, long before) throws IOException {
        if (record.size() > before) {
            filesystems.work(id, false, top -> {
                filesystems.type(id).grow(linux, top.number(), record.size());
                Errno.check(linux.syncfs(top.number()), "syncfs", id.value());
            });
        }
    }

    /** What an engine makes when it mounts a layer for the first time. */
    void makeTree(LayerId id, Fd top) throws IOException {
        var made = linux.mkdirat(top.number(), FileNames.encode(TREE), TREE_MODE);
        if (made != -Errno.EEXIST) {
            Errno.check(made, "mkdirat", TREE);
            try (var tree = Fd.open(linux, top.number(), TREE, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, 0)) {
                var ids = info.idMaps();
                Errno.check(linux.fchown(tree.number(), (int) ids.rootUid(), (int) ids.rootGid()), "fchown", TREE);
                Errno.check(linux.fchmod(tree.number(), TREE_MODE), "fchmod", TREE);
            }
        }
        var flags = FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_CLOEXEC;
        var number = linux.openat(top.number(), FileNames.encode(ID_FILE), flags, 0600);
        if (number != -Errno.EEXIST) {
            try (var file = Fd.of(linux, Errno.check(number, "openat", ID_FILE))) {
                var text = ByteBuffer.allocateDirect(id.value().length())
                        .put(id.value().getBytes(StandardCharsets.US_ASCII))
                        .flip();
                Errno.check(linux.write(file.number(), text), "write", ID_FILE);
            }
        }
        Errno.check(linux.syncfs(top.number()), "syncfs", id.value());
    }
}
