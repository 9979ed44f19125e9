package storage.aufs.mount;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import storage.api.FileNames;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.HomeFiles;
import storage.common.store.ForeignMounts;
import storage.linux.Errno;
import storage.linux.FsMagic;
import storage.linux.MountCalls;
import storage.linux.MountTable;
import storage.linux.PrivateThread;
import storage.linux.StatFs;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The mounts of a home: each on the folder {@code mnt/ID} of its layer, which is always there. A union that is found on such
 * a folder is ours, whoever mounted it; anything else belongs to somebody else and is left alone.
 */
public final class UnionMounts {
    /** How long the kernel may take for a mount. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Syscalls linux;
    private final HomeFiles files;
    private final boolean dirperm1;
    private final PseudoLinks pseudoLinks;

    /** @param dirperm1 whether the kernel takes the option of that name */
    public UnionMounts(Syscalls linux, HomeFiles files, boolean dirperm1) {
        this.linux = linux;
        this.files = files;
        this.dirperm1 = dirperm1;
        this.pseudoLinks = new PseudoLinks(linux);
    }

    /** Where a layer's union is to be seen, relative to the home. */
    public static String folder(LayerId id) {
        return "mnt/" + id;
    }

    /** Mounts a union, or adopts the one that is there. What fails leaves nothing mounted. */
    public Path mount(LayerId id, Union union, String label) throws IOException {
        var folder = folder(id);
        if (isMounted(id)) {
            return files.path(folder);
        }
        if (!files.exists(folder)) {
            files.makeFolder(folder, 0755);
        }
        if (!union.readOnly()) {
            pseudoLinks.clear(files.text(union.top()));
        }
        var home = files.text("");
        var page = linux.pageSize();
        int result;
        if (UnionOptions.canName(home)) {
            var options = UnionOptions.of(home, union, dirperm1, label, page);
            result = UnionCalls.mount(linux, files.bytes(folder), union.readOnly(), options);
        } else {
            var options = UnionOptions.of("", union, dirperm1, label, page);
            // the working directory belongs to the whole process: only a thread of its own may change it
            result = PrivateThread.call(linux, PrivateThread.Isolation.WORKING_DIRECTORY, LIMIT, () -> {
                try (var at = files.open("")) {
                    Errno.check(linux.fchdir(at.number()), "fchdir", home);
                    return UnionCalls.mount(linux, FileNames.encode(folder), union.readOnly(), options);
                }
            });
        }
        Errno.check(result, "mount", files.text(folder));
        return files.path(folder);
    }

    /**
     * Unmounts a layer, if it is mounted. What is busy is tried again for a second: it is often busy for a moment only.
     *
     * @param writable the branch that could be written to, relative to the home
     * @return whether it was mounted
     * @throws StorageException IN_USE if it stays busy, or if somebody mounted something on it
     */
    public boolean unmount(LayerId id, String writable) throws IOException {
        var folder = folder(id);
        if (!isMounted(id)) {
            return false;
        }
        pseudoLinks.flush(files.text(folder), files.text(writable));
        var pauses = new Pauses("The unmounting of layer " + id);
        while (true) {
            var result = linux.umount2(files.bytes(folder), MountCalls.UMOUNT_NOFOLLOW);
            if (result == -Errno.EBUSY) {
                ForeignMounts.refuseBelow(files, id, folder);
                if (pauses.next()) {
                    continue;
                }
                throw StorageException.of(
                                StorageException.Kind.IN_USE,
                                "Layer " + id + " is busy: a program works in " + files.text(folder)
                                        + " or has a file open there",
                                "End it (fuser -vm " + files.text(folder) + " names it) and unmount again")
                        .withErrno(Errno.EBUSY)
                        .forLayer(id);
            }
            if (result != -Errno.EINVAL && result != -Errno.ENOENT) {
                Errno.check(result, "umount2", files.text(folder));
            }
            break;
        }
        pseudoLinks.clear(files.text(writable));
        return true;
    }

    /**
     * Whether our union is on a layer's folder.
     *
     * @throws StorageException IN_USE if something else is
     */
    public boolean isMounted(LayerId id) throws IOException {
        var folder = folder(id);
        var there = files.stat(folder);
        var above = files.stat("mnt");
        if (there.isEmpty() || above.isEmpty() || there.get().mount != 0 && there.get().mount == above.get().mount) {
            return false;
        }
        var type = new StatFs();
        Errno.check(linux.statfs(files.bytes(folder), type), "statfs", files.text(folder));
        if (type.type == FsMagic.AUFS && there.get().device != above.get().device) {
            return true;
        }
        var entry = MountTable.read().at(files.mountPoint(folder));
        if (entry.isPresent()) {
            throw ForeignMounts.refusal(id, entry.get());
        }
        return false;
    }

    /** The layers that are mounted, and those in whose folders anything else is mounted. */
    public Set<LayerId> mounted() throws IOException {
        var mounted = new HashSet<LayerId>();
        if (!files.exists("")) {
            return mounted;
        }
        var home = files.mountPoint("");
        for (var entry : MountTable.read().entries()) {
            if (entry.mountPoint().startsWith(home)) {
                var parts = entry.mountPoint().substring(home.length()).split("/", 3);
                if (parts.length > 1 && !parts[0].equals("layers") && LayerId.isValid(parts[1])) {
                    mounted.add(new LayerId(parts[1]));
                }
            }
        }
        return mounted;
    }

    /**
     * Removes a folder in two steps, so that half of it is never taken for the whole: renamed, then emptied. What an
     * earlier try has renamed is removed as well.
     *
     * @param path relative to the home
     * @param removing what it is renamed to
     */
    public void removeAside(LayerId id, String path, String removing) throws IOException {
        if (files.exists(path)) {
            if (files.exists(removing)) {
                throw StorageException.of(
                                StorageException.Kind.DAMAGED,
                                "Layer " + id + " cannot be removed: both " + files.text(path) + " and "
                                        + files.text(removing) + ", which a removal leaves, are there",
                                "Look what is worth keeping in " + files.text(removing) + " and move it away")
                        .forLayer(id);
            }
            files.rename(path, removing);
        }
        var pauses = new Pauses("The removal of layer " + id);
        while (true) {
            try {
                files.removeTree(removing);
                return;
            } catch (SyscallException e) {
                if (e.errno() != Errno.EBUSY) {
                    throw e;
                }
                ForeignMounts.refuseIn(files, id, removing);
                if (!pauses.next()) {
                    throw e;
                }
            }
        }
    }
}
