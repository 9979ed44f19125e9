package storage.linux;

/** Mounts, namespaces and what a mounted filesystem says of itself. */
public interface MountCalls {
    // linux/mount.h
    long MS_RDONLY = 1;
    long MS_NOSUID = 2;
    long MS_NODEV = 4;
    long MS_NOEXEC = 8;
    long MS_REMOUNT = 32;
    long MS_NOATIME = 1024;
    long MS_BIND = 4096;
    long MS_REC = 16384;
    long MS_PRIVATE = 1 << 18;
    long MS_SLAVE = 1 << 19;

    // linux/fs.h, umount2(2)
    int MNT_FORCE = 1;
    int MNT_DETACH = 2;
    int UMOUNT_NOFOLLOW = 8;

    // asm-generic/poll.h
    int POLLPRI = 2;
    int POLLERR = 8;

    // linux/sched.h
    int CLONE_FS = 0x200;
    int CLONE_NEWNS = 0x20000;

    /**
     * {@code mount(2)}.
     *
     * @param data the options; may be empty. {@code -E2BIG} for a page or more, which the kernel would cut off
     */
    int mount(byte[] source, byte[] target, byte[] type, long flags, byte[] data);

    int umount2(byte[] target, int flags);

    /** Of the calling thread alone: only ever on a thread that ends afterwards, see {@link PrivateThread}. */
    int unshare(int flags);

    /** What a descriptor has to tell, of what is asked for, without waiting: poll(2). The events as bits, 0 for none. */
    int poll(int fd, int events);

    /** Of the whole process, unless the calling thread has unshared {@link #CLONE_FS}. */
    int fchdir(int fd);

    int statfs(byte[] path, StatFs into);

    int fstatfs(int fd, StatFs into);
}
