package storage.linux;

import java.util.Map;

/** Types of filesystems as {@code statfs(2)} tells them: {@code linux/magic.h}, and some that stand in no header. */
public final class FsMagic {
    public static final long AUFS = 0x61756673;
    public static final long BTRFS = 0x9123683EL;
    public static final long ECRYPTFS = 0xf15f;
    public static final long EXT = 0xef53;
    public static final long FUSE = 0x65735546;
    public static final long NFS = 0x6969;
    public static final long OVERLAY = 0x794c7630;
    public static final long RAMFS = 0x858458f6L;
    public static final long SQUASHFS = 0x73717368;
    public static final long TMPFS = 0x01021994;
    public static final long V9FS = 0x01021997;
    public static final long XFS = 0x58465342;
    public static final long ZFS = 0x2fc12fc1;

    private static final Map<Long, String> NAMES = Map.ofEntries(
            Map.entry(AUFS, "aufs"),
            Map.entry(BTRFS, "btrfs"),
            Map.entry(ECRYPTFS, "ecryptfs"),
            Map.entry(EXT, "extfs"),
            Map.entry(FUSE, "fuse"),
            Map.entry(NFS, "nfs"),
            Map.entry(OVERLAY, "overlayfs"),
            Map.entry(RAMFS, "ramfs"),
            Map.entry(SQUASHFS, "squashfs"),
            Map.entry(TMPFS, "tmpfs"),
            Map.entry(V9FS, "9p"),
            Map.entry(XFS, "xfs"),
            Map.entry(ZFS, "zfs"),
            Map.entry(0xadf5L, "adfs"),
            Map.entry(0xadffL, "affs"),
            Map.entry(0x5346414fL, "afs"),
            Map.entry(0x0187L, "autofs"),
            Map.entry(0xcafe4a11L, "bpf"),
            Map.entry(0xca451a4eL, "bcachefs"),
            Map.entry(0x00c36400L, "ceph"),
            Map.entry(0x27e0ebL, "cgroup"),
            Map.entry(0x63677270L, "cgroup2"),
            Map.entry(0xff534d42L, "cifs"),
            Map.entry(0x28cd3d45L, "cramfs"),
            Map.entry(0x64626720L, "debugfs"),
            Map.entry(0x1cd1L, "devpts"),
            Map.entry(0xe0f5e1e2L, "erofs"),
            Map.entry(0x2011bab0L, "exfat"),
            Map.entry(0xf2f52010L, "f2fs"),
            Map.entry(0x01161970L, "gfs2"),
            Map.entry(0x47504653L, "gpfs"),
            Map.entry(0x958458f6L, "hugetlbfs"),
            Map.entry(0x9660L, "isofs"),
            Map.entry(0x72b6L, "jffs2"),
            Map.entry(0x3153464aL, "jfs"),
            Map.entry(0x0bd00bd0L, "lustre"),
            Map.entry(0x4d44L, "msdos"),
            Map.entry(0x3434L, "nilfs"),
            Map.entry(0x5346544eL, "ntfs"),
            Map.entry(0x7366746eL, "ntfs3"),
            Map.entry(0x7461636fL, "ocfs2"),
            Map.entry(0x9fa0L, "proc"),
            Map.entry(0x52654973L, "reiserfs"),
            Map.entry(0x73636673L, "securityfs"),
            Map.entry(0xfe534d42L, "smb2"),
            Map.entry(0x62656572L, "sysfs"),
            Map.entry(0x15013346L, "udf"),
            Map.entry(0x24051905L, "ubifs"),
            Map.entry(0x786f4256L, "vboxsf"),
            Map.entry(0x5a4f4653L, "zonefs"));

    private FsMagic() {}

    /** The name that an engine would show, such as {@code extfs}; {@code 0x1234} for an unknown type. */
    public static String name(long magic) {
        // some are negative where the field is signed and 32 bits wide
        var type = magic & 0xffffffffL;
        return NAMES.getOrDefault(type, "0x" + Long.toHexString(type));
    }

    /** The name of the filesystem on which an open file lies. */
    public static String of(Syscalls linux, int fd) throws SyscallException {
        var answer = new StatFs();
        var result = linux.fstatfs(fd, answer);
        if (result < 0) {
            throw new SyscallException("fstatfs", ProcFd.target(linux, fd), -result);
        }
        return name(answer.type);
    }
}
