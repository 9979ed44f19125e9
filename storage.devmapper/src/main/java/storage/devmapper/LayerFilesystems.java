package storage.devmapper;

import java.io.IOException;
import storage.api.LayerId;
import storage.common.block.BlockFilesystem;
import storage.common.block.BlockMount;
import storage.common.block.DetachedMount;
import storage.common.block.LayerMounts;
import storage.common.store.IdLocks;
import storage.linux.Fd;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** What lies on layers' devices: looked at and worked on where nobody sees it. */
@SuppressWarnings("try") // locks are held, not used
final class LayerFilesystems {
    private final Syscalls linux;
    private final DevmapperOptions options;
    private final Stock stock;
    private final LayerMounts mounts;
    private final IdLocks locks;

    LayerFilesystems(Syscalls linux, DevmapperOptions options, Stock stock, LayerMounts mounts, IdLocks locks) {
        this.linux = linux;
        this.options = options;
        this.stock = stock;
        this.mounts = mounts;
        this.locks = locks;
    }

    /** The filesystem on a layer's device, which is active. */
    BlockFilesystem type(LayerId id) throws IOException {
        return BaseDevice.type(linux, stock.devices().path(id.value()));
    }

    /** What is done in a layer's filesystem where nobody sees it. */
    @FunctionalInterface
    interface Work {
        void in(Fd top) throws IOException;
    }

    /**
     * Works in a layer's filesystem. Its device is active meanwhile, and afterwards only if the layer is mounted.
     *
     * @throws storage.api.StorageException that tells apart what is full: the layer, the pool, its disks
     */
    void work(LayerId id, boolean readOnly, Work work) throws IOException {
        try (var held = locks.lock(id)) {
            try {
                try (var top = view(id, readOnly, "")) {
                    work.in(top);
                }
            } catch (SyscallException e) {
                throw new Fullness(stock).explained(id.value(), e);
            } finally {
                if (!mounts.isMounted(id)) {
                    stock.devices().deactivateIfPossible(id.value());
                }
            }
        }
    }

    /** Opens a folder of a layer's filesystem. Its device stays active. */
    Fd view(LayerId id, boolean readOnly, String folder) throws IOException {
        stock.devices().activate(id.value(), stock.set().get(id.value()));
        return DetachedMount.open(
                linux, mounting(id, readOnly, ""), stock.files().folder(), folder);
    }

    /** How a layer is mounted. */
    BlockMount mounting(LayerId id, boolean readOnly, String label) throws IOException {
        var filesystem = type(id);
        return new BlockMount(
                stock.devices().path(id.value()),
                filesystem,
                readOnly,
                filesystem.mountOptions(true, options.mountOptions(), label));
    }
}
