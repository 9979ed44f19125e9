package storage.btrfs.kernel;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import storage.api.StorageException;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Quota groups: every subvolume has one of its own, numbered like its tree, as soon as quotas are on. They are switched on
 * for the whole filesystem, and never off here: others may use them. Needs {@code CAP_SYS_ADMIN}.
 */
public final class Quotas {
    private static final long QUOTA_CTL = 0xc0109428L;
    private static final long QGROUP_CREATE = 0x4010942aL;
    private static final long QGROUP_LIMIT = 0x8030942bL;
    private static final long QUOTA_RESCAN_STATUS = 0x8040942dL;

    /** {@code BTRFS_QUOTA_CTL_ENABLE} */
    private static final long ENABLE = 1;

    /** {@code BTRFS_QGROUP_LIMIT_MAX_RFER}: of all that can be reached, shared or not. */
    private static final long MAX_REFERENCED = 1;

    private static final int CTL_BYTES = 16;
    private static final int CREATE_BYTES = 16;
    private static final int RESCAN_BYTES = 64;
    private static final int LIMIT_BYTES = 48;
    private static final int LIMIT_FLAGS = 8;
    private static final int LIMIT_REFERENCED = 16;

    /** What is there already is counted first; on a large filesystem that takes its time. */
    private static final Duration LONGEST_SCAN = Duration.ofMinutes(1);

    private static final int PAUSE_MS = 20;

    private final Syscalls linux;

    public Quotas(Syscalls linux) {
        this.linux = linux;
    }

    /**
     * Sees to it that quotas are on, and waits for the counts, for a minute at most: until they are there, limits do not
     * hold, and they are made in the background if it takes longer.
     *
     * @throws StorageException PERMISSION without privilege; INTERRUPTED
     */
    public void enable(int fd) throws SyscallException, StorageException {
        var ctl = Arguments.of(CTL_BYTES);
        ctl.putLong(0, ENABLE);
        var result = linux.ioctl(fd, QUOTA_CTL, ctl);
        if (result == -Errno.EPERM) {
            throw StorageException.of(
                            StorageException.Kind.PERMISSION,
                            "Limiting the size of a layer needs root (the capability CAP_SYS_ADMIN)",
                            "Run as root, or leave the size out")
                    .withErrno(Errno.EPERM);
        }
        Errno.check(result, "ioctl BTRFS_IOC_QUOTA_CTL", "");
        var end = System.nanoTime() + LONGEST_SCAN.toNanos();
        while (isScanning(fd) && System.nanoTime() < end) {
            pause();
        }
    }

    private boolean isScanning(int fd) throws SyscallException {
        var status = Arguments.of(RESCAN_BYTES);
        Errno.check(linux.ioctl(fd, QUOTA_RESCAN_STATUS, status), "ioctl BTRFS_IOC_QUOTA_RESCAN_STATUS", "");
        return status.getLong(0) != 0;
    }

    private static void pause() throws StorageException {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(StorageException.Kind.INTERRUPTED, "The wait for btrfs quotas was interrupted");
        }
    }

    /** Limits what a subvolume can reach, what it shares with others included. */
    public void limit(int subvolume, long bytes) throws SyscallException {
        var limit = Arguments.of(LIMIT_BYTES);
        limit.putLong(LIMIT_FLAGS, MAX_REFERENCED);
        limit.putLong(LIMIT_REFERENCED, bytes);
        Errno.check(linux.ioctl(subvolume, QGROUP_LIMIT, limit), "ioctl BTRFS_IOC_QGROUP_LIMIT", "");
    }

    /**
     * Removes the group of a subvolume that was deleted, if there is one.
     *
     * @return false if the kernel has not come to the end of the deletion and wants to be asked later
     */
    public boolean remove(int fd, long tree) throws SyscallException {
        var create = Arguments.of(CREATE_BYTES);
        create.putLong(Long.BYTES, tree);
        var result = linux.ioctl(fd, QGROUP_CREATE, create);
        return switch (-result) {
            // gone with the subvolume; no quotas, or no right to them
            case Errno.ENOENT, ENOTCONN, Errno.EINVAL, Errno.EPERM, Errno.EROFS -> true;
            case Errno.EBUSY -> false;
            default -> Errno.check(result, "ioctl BTRFS_IOC_QGROUP_CREATE", "") == 0;
        };
    }

    private static final int ENOTCONN = 107;

    /**
     * What a group counts, in bytes.
     *
     * @param referenced what the subvolume can reach
     * @param exclusive what no other subvolume reaches
     */
    public record Usage(long referenced, long exclusive) {}

    /** As of the last sync; empty where quotas are off, or nobody may know. */
    public Optional<Usage> usage(int subvolume, long tree) throws SyscallException {
        var usages = new Usage[1];
        try {
            new TreeSearch(linux)
                    .of(
                            subvolume,
                            TreeSearch.QUOTA_TREE,
                            0,
                            TreeSearch.QGROUP_INFO,
                            TreeSearch.QGROUP_INFO,
                            (object, type, offset, buffer, at, length) -> {
                                if (offset == tree) {
                                    usages[0] = read(buffer, at);
                                }
                            });
        } catch (SyscallException e) {
            if (e.errno() != Errno.EPERM && e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
        return Optional.ofNullable(usages[0]);
    }

    /** {@code struct btrfs_qgroup_info_item}: generation, referenced, compressed, exclusive, compressed. */
    private static Usage read(ByteBuffer buffer, int at) {
        return new Usage(LittleEndian.getLong(buffer, at + 8), LittleEndian.getLong(buffer, at + 24));
    }
}
