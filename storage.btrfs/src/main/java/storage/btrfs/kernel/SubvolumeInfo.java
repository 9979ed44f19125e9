package storage.btrfs.kernel;

import java.nio.ByteBuffer;
import java.util.UUID;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * What the filesystem knows of a subvolume: {@code struct btrfs_ioctl_get_subvol_info_args}. Needs no privilege.
 *
 * @param tree the number of its tree
 * @param uuid its own name
 * @param parentUuid the name of the subvolume that it is a snapshot of; all zero for one that is none
 * @param createdIn the transaction that made it ({@code otransid}): nothing in it that is as old or older differs from
 *     what it is a snapshot of
 * @param changedIn the transaction of the last change of anything in it ({@code ctransid}); one by reading (an access time)
 *     counts
 * @param createdAt when it was made ({@code otime}), in nanoseconds since 1970
 * @param readOnly whether nothing in it can be changed
 */
public record SubvolumeInfo(
        long tree, UUID uuid, UUID parentUuid, long createdIn, long changedIn, long createdAt, boolean readOnly) {
    private static final UUID NONE = new UUID(0, 0);

    /** {@code BTRFS_IOC_GET_SUBVOL_INFO}, _IOR(0x94, 60, 504 bytes); since Linux 4.18. */
    private static final long GET_SUBVOL_INFO = 0x81f8943cL;

    private static final int BYTES = 504;
    private static final int FLAGS = 0x120;
    private static final int UUID_BYTES = 0x128;
    private static final int PARENT_UUID = 0x138;
    private static final int CTRANSID = 0x158;
    private static final int OTRANSID = 0x160;
    private static final int OTIME = 0x188;

    /** {@code BTRFS_ROOT_SUBVOL_RDONLY} of the root item, linux/btrfs_tree.h. */
    private static final long RDONLY = 1;

    /** Of the subvolume that an open directory lies in. */
    public static SubvolumeInfo of(Syscalls linux, int fd) throws SyscallException {
        var answer = Arguments.of(BYTES);
        Errno.check(linux.ioctl(fd, GET_SUBVOL_INFO, answer), "ioctl BTRFS_IOC_GET_SUBVOL_INFO", "");
        return new SubvolumeInfo(
                answer.getLong(0),
                uuid(answer, UUID_BYTES),
                uuid(answer, PARENT_UUID),
                answer.getLong(OTRANSID),
                answer.getLong(CTRANSID),
                answer.getLong(OTIME) * 1_000_000_000L + answer.getInt(OTIME + Long.BYTES),
                (answer.getLong(FLAGS) & RDONLY) != 0);
    }

    /** Whether this began as a snapshot of another. */
    public boolean isSnapshotOf(SubvolumeInfo other) {
        return !parentUuid.equals(NONE) && parentUuid.equals(other.uuid);
    }

    private static UUID uuid(ByteBuffer answer, int offset) {
        return new UUID(answer.getLong(offset), answer.getLong(offset + Long.BYTES));
    }
}
