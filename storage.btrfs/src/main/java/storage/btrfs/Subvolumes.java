package storage.btrfs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import storage.api.FileNames;
import storage.api.StorageException;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Subvolumes by their ioctls (linux/btrfs.h), relative to the descriptor of the directory that holds them. No library is
 * needed: the requests and their structs are the kernel's ABI.
 */
final class Subvolumes {
    // _IOC(direction, BTRFS_IOCTL_MAGIC 0x94, number, size of the struct), asm-generic/ioctl.h
    private static final long SUBVOL_CREATE = 0x5000940eL;
    private static final long SNAP_DESTROY = 0x5000940fL;
    private static final long SNAP_CREATE_V2 = 0x50009417L;
    private static final long GET_SUBVOL_ROOTREF = 0xd000943dL;
    private static final long INO_LOOKUP_USER = 0xd000943eL;

    /** {@code sizeof} of all five argument structs. */
    private static final int ARGUMENT_BYTES = 4096;

    /** Offset of the name in {@code btrfs_ioctl_vol_args}, behind the descriptor. */
    private static final int NAME = 8;

    /** Offset of the name in {@code btrfs_ioctl_vol_args_v2}, behind descriptor, transid, flags and a 32-byte union. */
    private static final int NAME_V2 = 56;

    /** {@code BTRFS_VOL_NAME_MAX}: the kernel's limit for the name of a subvolume, in bytes. */
    private static final int NAME_MAX = 255;

    /** References that one {@code GET_SUBVOL_ROOTREF} can answer; with more it fails with EOVERFLOW and gives these. */
    private static final int REFERENCES_MAX = 255;

    /** Offset of {@code num_items} in {@code btrfs_ioctl_get_subvol_rootref_args}. */
    private static final int REFERENCE_COUNT = 8 + REFERENCES_MAX * 16;

    /** Offsets of name and path in {@code btrfs_ioctl_ino_lookup_user_args}. */
    private static final int LOOKUP_NAME = 16;

    private static final int LOOKUP_PATH = LOOKUP_NAME + NAME_MAX + 1;

    /** {@code BTRFS_FIRST_FREE_OBJECTID}: the inode number of every subvolume's root. */
    static final long ROOT_INODE = 256;

    private final Syscalls linux;

    Subvolumes(Syscalls linux) {
        this.linux = linux;
    }

    /** Makes an empty subvolume. */
    void create(int dirfd, String name) throws SyscallException, StorageException {
        var argument = argument();
        put(argument, NAME, name);
        Errno.check(linux.ioctl(dirfd, SUBVOL_CREATE, argument), "ioctl BTRFS_IOC_SUBVOL_CREATE", name);
    }

    /** Makes a writable snapshot of the subvolume behind a descriptor. */
    void snapshot(int source, int dirfd, String name) throws SyscallException, StorageException {
        var argument = argument();
        argument.putLong(0, source);
        put(argument, NAME_V2, name);
        Errno.check(linux.ioctl(dirfd, SNAP_CREATE_V2, argument), "ioctl BTRFS_IOC_SNAP_CREATE_V2", name);
    }

    /** Whether a name in a directory is a subvolume: a directory with the root's inode number. */
    boolean isSubvolume(int dirfd, String name) throws SyscallException {
        var stat = new Stat();
        var result = linux.stat(dirfd, FileNames.encode(name), FileCalls.AT_SYMLINK_NOFOLLOW, stat);
        if (result == -Errno.ENOENT) {
            return false;
        }
        Errno.check(result, "statx", name);
        return stat.isDirectory() && stat.inode == ROOT_INODE;
    }

    /**
     * Deletes a subvolume with the subvolumes inside it, innermost first. One that vanishes meanwhile, or was never
     * there, is no error.
     */
    void delete(int dirfd, String name) throws SyscallException, StorageException {
        var fd = linux.openat(
                dirfd,
                FileNames.encode(name),
                FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC,
                0);
        if (fd == -Errno.ENOENT) {
            return;
        }
        try (var subvolume = Fd.of(linux, Errno.check(fd, "openat", name))) {
            for (var nested : nested(subvolume.number())) {
                deleteNested(subvolume.number(), nested);
            }
        }
        var argument = argument();
        put(argument, NAME, name);
        var result = linux.ioctl(dirfd, SNAP_DESTROY, argument);
        if (result != -Errno.ENOENT) {
            Errno.check(result, "ioctl BTRFS_IOC_SNAP_DESTROY", name);
        }
    }

    /** @param folder the path from the subvolume's root to the folder that holds it, empty or ended by a slash */
    private record Nested(String folder, String name) {}

    private void deleteNested(int subvolume, Nested nested) throws SyscallException, StorageException {
        if (nested.folder().isEmpty()) {
            delete(subvolume, nested.name());
            return;
        }
        var path = FileNames.encode(nested.folder().substring(0, nested.folder().length() - 1));
        // a layer's content is a stranger's: the path the kernel gave may have been exchanged since
        var fd = linux.openat2(
                subvolume,
                path,
                FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_CLOEXEC,
                0,
                FileCalls.RESOLVE_BENEATH | FileCalls.RESOLVE_NO_SYMLINKS);
        if (fd == -Errno.ENOENT) {
            return;
        }
        try (var folder = Fd.of(linux, Errno.check(fd, "openat2", nested.folder()))) {
            delete(folder.number(), nested.name());
        }
    }

    /** The subvolumes directly inside one, as the kernel's back references have them: no walk over files. */
    private List<Nested> nested(int subvolume) throws SyscallException {
        var found = new ArrayList<Nested>();
        var references = argument();
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

    private void lookUp(int subvolume, long tree, long directory, List<Nested> into) throws SyscallException {
        var lookup = argument();
        lookup.putLong(0, directory);
        lookup.putLong(8, tree);
        var result = linux.ioctl(subvolume, INO_LOOKUP_USER, lookup);
        if (result == -Errno.ENOENT) {
            return;
        }
        Errno.check(result, "ioctl BTRFS_IOC_INO_LOOKUP_USER", "");
        into.add(new Nested(text(lookup, LOOKUP_PATH), text(lookup, LOOKUP_NAME)));
    }

    private static ByteBuffer argument() {
        return ByteBuffer.allocateDirect(ARGUMENT_BYTES).order(ByteOrder.nativeOrder());
    }

    private static void put(ByteBuffer argument, int offset, String name) throws StorageException {
        var bytes = FileNames.encode(name);
        if (bytes.length > NAME_MAX) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The name of a btrfs subvolume has at most " + NAME_MAX + " bytes, this one has " + bytes.length);
        }
        argument.put(offset, bytes);
    }

    private static String text(ByteBuffer argument, int offset) {
        var end = offset;
        while (end < ARGUMENT_BYTES && argument.get(end) != 0) {
            end++;
        }
        var bytes = new byte[end - offset];
        argument.get(offset, bytes);
        return FileNames.decode(bytes);
    }
}
