package storage.common.store;

import java.io.IOException;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.HomeFiles;
import storage.linux.MountEntry;
import storage.linux.MountTable;

/** Mounts of others inside layers, which are left alone: what is said of them, and how they are found. */
public final class ForeignMounts {
    private ForeignMounts() {}

    /** IN_USE, for a mount that is not ours. */
    public static StorageException refusal(LayerId id, MountEntry entry) {
        return StorageException.of(
                        StorageException.Kind.IN_USE,
                        "Something that is not ours is mounted on " + entry.mountPoint() + " (" + entry.type() + " "
                                + entry.source() + "), inside layer " + id,
                        "Unmount it: umount " + entry.mountPoint())
                .forLayer(id);
    }

    /**
     * Throws IN_USE if anything is mounted on a folder of a layer or below it.
     *
     * @param folder relative to the home
     */
    public static void refuseIn(HomeFiles files, LayerId id, String folder) throws IOException {
        for (var entry : MountTable.read().below(files.mountPoint(folder))) {
            throw refusal(id, entry);
        }
    }

    /**
     * Throws IN_USE if anything is mounted below a mount point of ours.
     *
     * @param point relative to the home
     */
    public static void refuseBelow(HomeFiles files, LayerId id, String point) throws IOException {
        var ours = files.mountPoint(point);
        for (var entry : MountTable.read().below(ours)) {
            if (!entry.mountPoint().equals(ours)) {
                throw refusal(id, entry);
            }
        }
    }
}
