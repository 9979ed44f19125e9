package storage.btrfs.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import storage.api.FileNames;
import storage.api.StorageException;
import storage.common.tree.TreeRemoval;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Subvolumes by their ioctls, relative to the descriptor of the directory that holds them. No library is needed: the
 * requests and their structs are the kernel's ABI.
 */
public final class Subvolumes {
    // _IOC(direction, BTRFS_IOCTL_MAGIC 0x94, number, size of the struct), asm-generic/ioctl.h
    private static final long SUBVOL_CREATE = 0x5000940eL;
    private static final long SNAP_DESTROY = 0x5000940fL;
    private static final long SNAP_CREATE_V2 = 0x50009417L;
    private static final long SUBVOL_GETFLAGS = 0x80089419L;
    private static final long SUBVOL_SETFLAGS = 0x4008941aL;
    private static final long GET_SUBVOL_ROOTREF = 0xd000943dL;
    private static final long INO_LOOKUP_USER = 0xd000943eL;

    /** {@code sizeof} of all structs but that of the flags, which is a number. */
    private static final int ARGUMENT_BYTES = 4096;

    /** Offset of the name in {@code btrfs_ioctl_vol_args}, behind the descriptor. */
    private static final int NAME = 8;

    /** Offsets in {@code btrfs_ioctl_vol_args_v2}: descriptor, transid, flags, a 32-byte union, name. */
    private static final int FLAGS_V2 = 16;

    private static final int NAME_V2 = 56;

    /** {@code BTRFS_SUBVOL_RDONLY} */
    private static final long RDONLY = 1 << 1;

    /** References that one {@code GET_SUBVOL_ROOTREF} can answer; with more it fails with EOVERFLOW and gives these. */
    private static final int REFERENCES_MAX = 255;

    /** Offset of {@code num_items} in {@code btrfs_ioctl_get_subvol_rootref_args}. */
    private static final int REFERENCE_COUNT = 8 + REFERENCES_MAX * 16;

    /** Offsets of name and path in {@code btrfs_ioctl_ino_lookup_user_args}. */
    private static final int LOOKUP_NAME = 16;

    private static final int LOOKUP_PATH = LOOKUP_NAME + Arguments.NAME_MAX + 1;

    /** {@code BTRFS_FIRST_FREE_OBJECTID}: the inode number of every subvolume's root. */
    public static final long ROOT_INODE = 256;

    private static final int DIRECTORY =
            FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;

    /** Is told of each subvolume that was deleted. */
    @FunctionalInterface
    public interface Aftermath {
        /**
         * Called when it is gone.
         *
         * @param dirfd the directory that held it
         * @param tree the number that its tree had
         */
        void deleted(int dirfd, long tree) throws IOException;
    }

    private final Syscalls linux;
    private final Aftermath aftermath;

    public Subvolumes(Syscalls linux) {
        this(linux, (dirfd, tree) -> {});
    }

    public Subvolumes(Syscalls linux, Aftermath aftermath) {
        this.linux = linux;
        this.aftermath = aftermath;
    }

    /** Makes an empty subvolume. */
    public void create(int dirfd, String name) throws SyscallException, StorageException {
        var argument = Arguments.of(ARGUMENT_BYTES);
        Arguments.put(argument, NAME, name);
        Errno.check(linux.ioctl(dirfd, SUBVOL_CREATE, argument), "ioctl BTRFS_IOC_SUBVOL_CREATE", name);
    }

    /** Makes a snapshot of the subvolume behind a descriptor. */
    public void snapshot(int source, int dirfd, String name, boolean readOnly)
            throws SyscallException, StorageException {
        var argument = Arguments.of(ARGUMENT_BYTES);
        argument.putLong(0, source);
        argument.putLong(FLAGS_V2, readOnly ? RDONLY : 0);
        Arguments.put(argument, NAME_V2, name);
        Errno.check(linux.ioctl(dirfd, SNAP_CREATE_V2, argument), "ioctl BTRFS_IOC_SNAP_CREATE_V2", name);
    }

    /** Whether an open directory is the root of a subvolume. */
    public boolean isSubvolume(int fd) throws SyscallException {
        var stat = new Stat();
        Errno.check(linux.stat(fd, new byte[0], FileCalls.AT_EMPTY_PATH, stat), "statx", "");
        return stat.isDirectory() && stat.inode == ROOT_INODE;
    }

    /** Whether nothing in a subvolume can be changed, by whatever path. */
    public boolean isReadOnly(int subvolume) throws SyscallException {
        return (flags(subvolume).getLong(0) & RDONLY) != 0;
    }

    /** Allows or forbids changes; does nothing if that is so already. Only the owner may. */
    public void setReadOnly(int subvolume, boolean readOnly) throws SyscallException {
        var flags = flags(subvolume);
        var before = flags.getLong(0);
        var after = readOnly ? before | RDONLY : before & ~RDONLY;
        if (after != before) {
            flags.putLong(0, after);
            Errno.check(linux.ioctl(subvolume, SUBVOL_SETFLAGS, flags), "ioctl BTRFS_IOC_SUBVOL_SETFLAGS", "");
        }
    }

    private ByteBuffer flags(int subvolume) throws SyscallException {
        var flags = Arguments.of(Long.BYTES);
        Errno.check(linux.ioctl(subvolume, SUBVOL_GETFLAGS, flags), "ioctl BTRFS_IOC_SUBVOL_GETFLAGS", "");
        return flags;
    }

    /**
     * Deletes a subvolume with the subvolumes inside it, innermost first. One that vanishes meanwhile, or was never
     * there, is no error. Whoever is interrupted calls it again.
     *
     * @return false if there is something else of that name, which is left alone
     */
    public boolean delete(int dirfd, String name) throws IOException {
        var fd = linux.openat(dirfd, FileNames.encode(name), DIRECTORY, 0);
        if (fd == -Errno.ENOENT) {
            return true;
        }
        if (fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
            return false;
        }
        try (var subvolume = Fd.of(linux, Errno.check(fd, "openat", name))) {
            // asked of a plain folder, the kernel would name what lies in the subvolume around it
            if (!isSubvolume(subvolume.number())) {
                return false;
            }
            if (deleteInside(subvolume.number())) {
                destroy(dirfd, name, subvolume.number());
                return true;
            }
        }
        // emptied, a subvolume goes like any folder
        TreeRemoval.remove(linux, dirfd, FileNames.encode(name));
        return true;
    }

    /** Deletes the subvolumes inside one; false if the kernel does not tell where they are. */
    private boolean deleteInside(int subvolume) throws IOException {
        List<NestedSubvolume> inside;
        try {
            inside = nested(subvolume);
        } catch (SyscallException e) {
            if (e.errno() != Errno.ENAMETOOLONG && e.errno() != Errno.ENOTTY) {
                throw e;
            }
            // a path beyond what the answer can hold, a kernel before 4.18
            setReadOnly(subvolume, false);
            return false;
        }
        for (var nested : inside) {
            setReadOnly(subvolume, false);
            deleteNested(subvolume, nested);
        }
        return true;
    }

    private void destroy(int dirfd, String name, int subvolume) throws IOException {
        var tree = SubvolumeInfo.of(linux, subvolume).tree();
        var argument = Arguments.of(ARGUMENT_BYTES);
        Arguments.put(argument, NAME, name);
        var result = linux.ioctl(dirfd, SNAP_DESTROY, argument);
        if (result == -Errno.EROFS || result == -Errno.EPERM || result == -Errno.EACCES) {
            // without privilege the content has to be the user's to write to
            setReadOnly(subvolume, false);
            result = linux.ioctl(dirfd, SNAP_DESTROY, argument);
        }
        if (result != -Errno.ENOENT) {
            Errno.check(result, "ioctl BTRFS_IOC_SNAP_DESTROY", name);
        }
        aftermath.deleted(dirfd, tree);
    }

    /** A layer's content is a stranger's: the path that the kernel gave may have been exchanged for links since. */
    private void deleteNested(int subvolume, NestedSubvolume nested) throws IOException {
        var at = Fd.of(linux, Errno.check(linux.dup(subvolume), "dup", ""));
        try {
            for (var name : nested.folder().split("/", -1)) {
                var fd = name.isEmpty()
                        ? linux.dup(at.number())
                        : linux.openat(at.number(), FileNames.encode(name), DIRECTORY, 0);
                if (fd == -Errno.ENOENT || fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
                    return;
                }
                at.close();
                at = Fd.of(linux, Errno.check(fd, "openat", nested.folder()));
            }
            delete(at.number(), nested.name());
        } finally {
            at.close();
        }
    }

    /** The subvolumes directly inside one, as the kernel's back references have them: no walk over files. */
    public List<NestedSubvolume> nested(int subvolume) throws SyscallException {
        var found = new ArrayList<NestedSubvolume>();
        var references = Arguments.of(ARGUMENT_BYTES);
        int result;
        do {
            result = linux.ioctl(subvolume, GET_SUBVOL_ROOTREF, references);
            if (result == -Errno.ENOENT) {
                return found;
            }
            if (result != -Errno.EOVERFLOW) {
                Errno.check(result, "ioctl BTRFS_IOC_GET_SUBVOL_ROOTREF", "");
            }
            var count = references.get(REFERENCE_COUNT) & 0xff;
            for (var i = 0; i < count; i++) {
                var tree = references.getLong(8 + i * 16);
                lookUp(subvolume, tree, references.getLong(16 + i * 16), found);
                references.putLong(0, tree + 1);
            }
        } while (result == -Errno.EOVERFLOW);
        return found;
    }

    private void lookUp(int subvolume, long tree, long directory, List<NestedSubvolume> into) throws SyscallException {
        var lookup = Arguments.of(ARGUMENT_BYTES);
        lookup.putLong(0, directory);
        lookup.putLong(8, tree);
        var result = linux.ioctl(subvolume, INO_LOOKUP_USER, lookup);
        if (result == -Errno.ENOENT) {
            return;
        }
        Errno.check(result, "ioctl BTRFS_IOC_INO_LOOKUP_USER", "");
        into.add(new NestedSubvolume(
                tree, directory, Arguments.text(lookup, LOOKUP_PATH), Arguments.text(lookup, LOOKUP_NAME)));
    }
}
