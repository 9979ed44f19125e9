package storage.devmapper;

import java.io.IOException;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.linux.Errno;
import storage.linux.SyscallException;

/**
 * Tells a layer that is full from a pool that is. A filesystem on a full pool knows nothing of it: it gets I/O errors, or
 * goes read-only.
 */
final class Fullness {
    private final Stock stock;

    Fullness(Stock stock) {
        this.stock = stock;
    }

    /** What failed in a layer's filesystem, and why if that can be told. */
    IOException explained(String layer, SyscallException failure) {
        var errno = failure.errno();
        if (errno != Errno.ENOSPC && errno != Errno.EIO && errno != Errno.EROFS) {
            return failure;
        }
        try {
            var status = stock.pool().thin().status();
            if (status.isReadOnly() && !status.isBelow(1)) {
                return StorageException.of(
                                Kind.IO,
                                "The thin pool of " + DeviceSet.title(layer)
                                        + " has gone read-only after an error of its disks",
                                PoolStatus.ADVICE)
                        .withErrno(errno)
                        .causedBy(failure);
            }
            if (!status.canBeWritten()) {
                return told(
                        failure,
                        fullPool(layer, status),
                        "Remove layers, or make the pool larger: "
                                + "of a pool on files with dm.loopdatasize, of LVM's with lvextend");
            }
            if (errno == Errno.ENOSPC) {
                return told(
                        failure,
                        "The filesystem of " + DeviceSet.title(layer) + " is full: it has "
                                + stock.set().get(layer).size() + " bytes",
                        "Make the layer with a larger size=, or the store with a larger dm.basesize");
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        return failure;
    }

    private String fullPool(String layer, PoolStatus status) {
        return "The thin pool of " + DeviceSet.title(layer) + " takes no writes any more: it is in the mode "
                + status.mode() + ", with " + status.dataUsed() + " of " + status.dataTotal() + " data blocks and "
                + status.metadataUsed() + " of " + status.metadataTotal() + " metadata blocks in use";
    }

    private static StorageException told(SyscallException failure, String what, String advice) {
        return StorageException.of(Kind.NO_SPACE, what, advice)
                .withErrno(failure.errno())
                .causedBy(failure);
    }
}
