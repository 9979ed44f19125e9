package storage.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Limits on the size of directory trees: a tree gets a project id, which new files below it inherit, and the filesystem
 * (xfs, ext4) keeps a limit for the id. See quotactl(2), {@code linux/dqblk_xfs.h} and {@code linux/fs.h}.
 */
public final class ProjectQuota {
    // linux/fs.h: _IOR('X', 31, struct fsxattr), _IOW('X', 32, struct fsxattr)
    static final long FS_IOC_FSGETXATTR = 0x801c581fL;
    static final long FS_IOC_FSSETXATTR = 0x401c5820L;
    private static final int FS_XFLAG_PROJINHERIT = 0x200;
    private static final int FSXATTR = 28;
    private static final int FSXATTR_PROJID = 12;

    // linux/quota.h: QCMD(command, PRJQUOTA) of linux/dqblk_xfs.h's commands, which ext4 answers as well
    static final int Q_XGETQUOTA = command(3);
    static final int Q_XSETQLIM = command(4);
    static final int Q_XGETQSTAT = command(5);
    private static final int FS_QUOTA_PDQ_ACCT = 0x10;
    private static final int FS_QUOTA_PDQ_ENFD = 0x20;
    private static final int QUOTA_STAT = 80;
    private static final int QUOTA_STAT_FLAGS = 2;

    // struct fs_disk_quota; its unit of space is 512 bytes
    private static final int DISK_QUOTA = 112;
    private static final int DISK_QUOTA_VERSION = 1;
    private static final int FS_PROJ_QUOTA = 2;
    private static final int FS_DQ_BSOFT_AND_BHARD = 0x0c;
    private static final int BLOCK = 512;

    private ProjectQuota() {}

    /**
     * What a project may use and uses.
     *
     * @param limit in bytes, 0 for none
     * @param used in bytes
     */
    public record Limit(long limit, long used) {}

    /**
     * Why the filesystem of an open directory cannot limit trees, in a sentence; empty if it can.
     */
    public static Optional<String> unavailable(Syscalls linux, int fd) {
        var attributes = buffer(FSXATTR);
        var result = linux.ioctl(fd, FS_IOC_FSGETXATTR, attributes);
        if (result < 0) {
            return Optional.of("the filesystem keeps no project ids (" + Errno.name(-result) + ")");
        }
        var state = buffer(QUOTA_STAT);
        state.put(0, (byte) 1);
        result = quotactl(linux, fd, Q_XGETQSTAT, 0, state);
        if (result < 0) {
            return Optional.of(reason(-result));
        }
        var flags = state.getShort(QUOTA_STAT_FLAGS);
        var both = FS_QUOTA_PDQ_ACCT | FS_QUOTA_PDQ_ENFD;
        return (flags & both) == both
                ? Optional.empty()
                : Optional.of("project quotas are switched off: mount the filesystem with the option prjquota");
    }

    /** The project of a file or directory, 0 for none. */
    public static int project(Syscalls linux, int fd) throws SyscallException {
        return attributes(linux, fd).getInt(FSXATTR_PROJID);
    }

    /** Puts a directory, and all that is made below it from now on, into a project. */
    public static void assign(Syscalls linux, int fd, int project) throws SyscallException {
        var attributes = attributes(linux, fd);
        attributes.putInt(FSXATTR_PROJID, project);
        attributes.putInt(0, attributes.getInt(0) | FS_XFLAG_PROJINHERIT);
        check(linux, linux.ioctl(fd, FS_IOC_FSSETXATTR, attributes), "ioctl FS_IOC_FSSETXATTR", fd);
    }

    /**
     * Limits what all files of a project may take.
     *
     * @param fd any open file or directory of the filesystem
     * @param bytes 0 for no limit; rounded up to 512
     */
    public static void limit(Syscalls linux, int fd, int project, long bytes) throws SyscallException {
        var quota = quota(project);
        quota.putShort(2, (short) FS_DQ_BSOFT_AND_BHARD);
        var blocks = bytes / BLOCK + (bytes % BLOCK == 0 ? 0 : 1);
        quota.putLong(8, blocks).putLong(16, blocks);
        check(linux, quotactl(linux, fd, Q_XSETQLIM, project, quota), "quotactl Q_XSETQLIM", fd);
    }

    /** The limit of a project and what it uses; zeros for one that the filesystem does not know. */
    public static Limit limit(Syscalls linux, int fd, int project) throws SyscallException {
        var quota = quota(project);
        var result = quotactl(linux, fd, Q_XGETQUOTA, project, quota);
        if (result == -Errno.ENOENT) {
            return new Limit(0, 0);
        }
        check(linux, result, "quotactl Q_XGETQUOTA", fd);
        return new Limit(quota.getLong(8) * BLOCK, quota.getLong(40) * BLOCK);
    }

    private static ByteBuffer quota(int project) {
        var quota = buffer(DISK_QUOTA);
        return quota.put(0, (byte) DISK_QUOTA_VERSION)
                .put(1, (byte) FS_PROJ_QUOTA)
                .putInt(4, project);
    }

    private static ByteBuffer attributes(Syscalls linux, int fd) throws SyscallException {
        var attributes = buffer(FSXATTR);
        check(linux, linux.ioctl(fd, FS_IOC_FSGETXATTR, attributes), "ioctl FS_IOC_FSGETXATTR", fd);
        return attributes;
    }

    /** By descriptor, else by the device's node: udev keeps links to all of them by number. */
    private static int quotactl(Syscalls linux, int fd, int command, int id, ByteBuffer argument) {
        var result = linux.quotactlFd(fd, command, id, argument);
        if (result != -Errno.ENOSYS) {
            return result;
        }
        var stat = new Stat();
        var error = linux.stat(fd, new byte[0], FileCalls.AT_EMPTY_PATH, stat);
        if (error < 0) {
            return error;
        }
        var node = "/dev/block/" + Stat.major(stat.device) + ":" + Stat.minor(stat.device);
        return Files.exists(Path.of(node))
                ? linux.quotactl(command, node.getBytes(StandardCharsets.US_ASCII), id, argument)
                : result;
    }

    private static String reason(int errno) {
        return switch (errno) {
            case Errno.ENOSYS ->
                "the kernel has no quotas, or none are switched on here (ENOSYS): mount the filesystem with the option prjquota";
            case Errno.EPERM, Errno.EACCES -> "quotas need CAP_SYS_ADMIN (" + Errno.name(errno) + ")";
            default ->
                "the filesystem has no project quotas (" + Errno.name(errno) + "): mount it with the option prjquota";
        };
    }

    private static void check(Syscalls linux, int result, String call, int fd) throws SyscallException {
        if (result < 0) {
            throw new SyscallException(call, ProcFd.target(linux, fd), -result);
        }
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    }

    /** QCMD(XQM_CMD(number), PRJQUOTA). */
    private static int command(int number) {
        return ('X' << 8 | number) << 8 | 2;
    }
}
