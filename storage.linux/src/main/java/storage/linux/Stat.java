package storage.linux;

/**
 * What {@code statx(2)} answers. A mutable carrier, made once and filled again and again, because trees have many files;
 * never shared between threads.
 */
public final class Stat {
    // linux/stat.h
    public static final int S_IFMT = 0170000;
    public static final int S_IFSOCK = 0140000;
    public static final int S_IFLNK = 0120000;
    public static final int S_IFREG = 0100000;
    public static final int S_IFBLK = 0060000;
    public static final int S_IFDIR = 0040000;
    public static final int S_IFCHR = 0020000;
    public static final int S_IFIFO = 0010000;

    /** Type and permission bits. */
    public int mode;

    public int uid;
    public int gid;
    public int links;
    public long inode;

    /** In bytes. */
    public long size;

    /** In units of 512 bytes. */
    public long blocks;

    public long modifiedSeconds;
    public int modifiedNanos;
    public long changedSeconds;
    public int changedNanos;
    public long accessedSeconds;
    public int accessedNanos;

    /** The device that the file lies on, as {@link #device} makes it. */
    public long device;

    /** The device that the file stands for, if it is one. */
    public long special;

    /** The id of the mount, as in mountinfo; 0 on kernels before 5.8. */
    public long mount;

    /** Whether it is the root of a mount; false on kernels before 5.8. */
    public boolean mountPoint;

    public int type() {
        return mode & S_IFMT;
    }

    /** The permission bits with set-user-id, set-group-id and sticky: 12 bits. */
    public int permissions() {
        return mode & 07777;
    }

    public boolean isDirectory() {
        return type() == S_IFDIR;
    }

    public boolean isRegular() {
        return type() == S_IFREG;
    }

    public boolean isSymlink() {
        return type() == S_IFLNK;
    }

    /** A character device 0:0: how overlay marks a deleted name. */
    public boolean isWhiteout() {
        return type() == S_IFCHR && special == 0;
    }

    /** One number for a device, as the C library's makedev(3). */
    public static long device(int major, int minor) {
        return (major & 0xfffff000L) << 32 | (major & 0xfffL) << 8 | (minor & 0xffffff00L) << 12 | minor & 0xffL;
    }

    public static int major(long device) {
        return (int) (device >>> 32 & 0xfffff000L | device >>> 8 & 0xfffL);
    }

    public static int minor(long device) {
        return (int) (device >>> 12 & 0xffffff00L | device & 0xffL);
    }
}
