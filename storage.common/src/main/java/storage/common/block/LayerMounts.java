package storage.common.block;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import storage.api.FileNames;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.HomeFiles;
import storage.common.store.ForeignMounts;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.MountCalls;
import storage.linux.MountEntry;
import storage.linux.MountTable;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The mounts of layers that everybody sees: each on a folder of its own, which is there only while it is mounted.
 *
 * <p>A mount of the layer's own device that is found there is adopted, and unmounted when asked. Anything else belongs to
 * somebody else and is left alone.
 */
public final class LayerMounts {
    private static final byte[] NOTHING = {};

    /** Tells whether a mount shows a layer's own device. */
    @FunctionalInterface
    public interface Owner {
        boolean isOurs(LayerId id, MountEntry entry) throws IOException;
    }

    private final Syscalls linux;
    private final HomeFiles files;
    private final String before;
    private final String behind;
    private final Owner owner;

    /**
     * @param before what stands before the id in the path of a mount point, relative to the home
     * @param behind what stands behind it
     */
    public LayerMounts(Syscalls linux, HomeFiles files, String before, String behind, Owner owner) {
        this.linux = linux;
        this.files = files;
        this.before = before;
        this.behind = behind;
        this.owner = owner;
    }

    /** A layer's mount point, relative to the home. */
    public String point(LayerId id) {
        return before + id + behind;
    }

    /** A layer's mount point. */
    public Path path(LayerId id) {
        return files.path(point(id));
    }

    /** Whether a layer is mounted, by us or somebody before us; something else's mount there is refused. */
    public boolean isMounted(LayerId id) throws IOException {
        var there = files.stat(point(id));
        if (there.isEmpty()) {
            return false;
        }
        var folder = point(id).substring(0, point(id).lastIndexOf('/'));
        var above = files.stat(folder);
        if (above.isPresent() && there.get().mount != 0 && there.get().mount == above.get().mount) {
            return false; // cheaper than the mount table
        }
        var entry = MountTable.read().at(files.mountPoint(point(id)));
        if (entry.isPresent() && !owner.isOurs(id, entry.get())) {
            throw ForeignMounts.refusal(id, entry.get());
        }
        return entry.isPresent();
    }

    /** Mounts a layer that is not mounted. */
    public void mount(LayerId id, BlockMount mount) throws IOException {
        var point = point(id);
        var made = linux.mkdirat(FileCalls.AT_FDCWD, files.bytes(point), 0700);
        if (made != -Errno.EEXIST) {
            Errno.check(made, "mkdirat", files.text(point));
        }
        try {
            files.own(point, files.ids().rootUid(), files.ids().rootGid());
            var result = mount(mount, point, mount.readOnly());
            if (result == -Errno.EBUSY && mount.readOnly()) {
                // the filesystem is alive for writing, as in a namespace that was made meanwhile: then this mount alone
                result = mount(mount, point, false);
                if (result >= 0) {
                    var flags = MountCalls.MS_BIND | MountCalls.MS_REMOUNT | MountCalls.MS_RDONLY;
                    result = linux.mount(NOTHING, files.bytes(point), NOTHING, flags, NOTHING);
                }
            }
            Errno.check(result, "mount", files.text(point));
        } catch (IOException | RuntimeException e) {
            undo(point, e);
            throw e;
        }
    }

    private int mount(BlockMount mount, String point, boolean readOnly) {
        return linux.mount(
                FileNames.encode(mount.device()),
                files.bytes(point),
                FileNames.encode(mount.filesystem().type()),
                readOnly ? MountCalls.MS_RDONLY : 0,
                FileNames.encode(mount.options()));
    }

    private void undo(String point, Exception failure) {
        linux.umount2(files.bytes(point), MountCalls.MNT_DETACH | MountCalls.UMOUNT_NOFOLLOW);
        var removed = files.removeFolder(point);
        if (removed < 0 && removed != -Errno.ENOENT) {
            failure.addSuppressed(new SyscallException("rmdir", files.text(point), -removed));
        }
    }

    /**
     * Unmounts a layer, if it is mounted, and removes the folder: in other mount namespaces that is what ends the mount.
     * Where programs still have files open, it is detached and ends with them.
     *
     * @throws StorageException IN_USE if somebody mounted something on it
     */
    public void unmount(LayerId id) throws IOException {
        var point = point(id);
        if (isMounted(id)) {
            var target = files.bytes(point);
            var result = linux.umount2(target, MountCalls.UMOUNT_NOFOLLOW);
            if (result == -Errno.EBUSY) {
                ForeignMounts.refuseBelow(files, id, point);
                result = linux.umount2(target, MountCalls.MNT_DETACH | MountCalls.UMOUNT_NOFOLLOW);
            }
            if (result != -Errno.EINVAL && result != -Errno.ENOENT) {
                Errno.check(result, "umount2", files.text(point));
            }
        }
        // older kernels refuse while another namespace has it mounted; the next mount uses the folder as it is
        files.removeFolder(point);
    }

    /** The layers that are mounted, and those in whose folder anything else is mounted. */
    public Set<LayerId> mounted() throws IOException {
        var mounted = new HashSet<LayerId>();
        if (!files.exists("")) {
            return mounted;
        }
        var top = files.mountPoint(before);
        for (var entry : MountTable.read().entries()) {
            layer(top, entry.mountPoint()).ifPresent(mounted::add);
        }
        return mounted;
    }

    private static Optional<LayerId> layer(String top, String point) {
        if (!point.startsWith(top)) {
            return Optional.empty();
        }
        var slash = point.indexOf('/', top.length());
        var name = point.substring(top.length(), slash < 0 ? point.length() : slash);
        return LayerId.isValid(name) ? Optional.of(new LayerId(name)) : Optional.empty();
    }
}
