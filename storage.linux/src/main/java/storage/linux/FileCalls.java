package storage.linux;

import java.nio.ByteBuffer;

/**
 * Files and directories by descriptor and name: the {@code *at} family of section 2 of the manual. A path may be several
 * components long; {@link #AT_FDCWD} with an absolute path ignores descriptors.
 */
public interface FileCalls {
    // linux/fcntl.h
    int AT_FDCWD = -100;
    int AT_SYMLINK_NOFOLLOW = 0x100;
    int AT_REMOVEDIR = 0x200;
    int AT_SYMLINK_FOLLOW = 0x400;
    int AT_EMPTY_PATH = 0x1000;

    // asm-generic/fcntl.h; O_DIRECTORY, O_NOFOLLOW and O_DIRECT differ on AArch64, see Architecture
    int O_RDONLY = 0;
    int O_WRONLY = 1;
    int O_RDWR = 2;
    int O_CREAT = 0x40;
    int O_EXCL = 0x80;
    int O_TRUNC = 0x200;
    int O_APPEND = 0x400;
    int O_NONBLOCK = 0x800;
    int O_CLOEXEC = 0x80000;
    int O_PATH = 0x200000;
    int O_DIRECTORY = Architecture.O_DIRECTORY;
    int O_NOFOLLOW = Architecture.O_NOFOLLOW;

    // linux/openat2.h
    long RESOLVE_NO_XDEV = 0x01;
    long RESOLVE_NO_MAGICLINKS = 0x02;
    long RESOLVE_NO_SYMLINKS = 0x04;
    long RESOLVE_BENEATH = 0x08;
    long RESOLVE_IN_ROOT = 0x10;

    // linux/fs.h, renameat2(2)
    int RENAME_NOREPLACE = 1;
    int RENAME_EXCHANGE = 2;
    int RENAME_WHITEOUT = 4;

    // linux/fs.h
    int SEEK_SET = 0;
    int SEEK_CUR = 1;
    int SEEK_END = 2;
    int SEEK_DATA = 3;
    int SEEK_HOLE = 4;

    // linux/falloc.h
    int FALLOC_FL_KEEP_SIZE = 1;
    int FALLOC_FL_PUNCH_HOLE = 2;

    // asm-generic/fcntl.h, flock(2)
    int LOCK_SH = 1;
    int LOCK_EX = 2;
    int LOCK_NB = 4;
    int LOCK_UN = 8;

    /** {@code tv_nsec} that leaves a time as it is, {@code linux/stat.h}. */
    long UTIME_OMIT = 0x3ffffffe;

    /** {@code tv_nsec} that means the present. */
    long UTIME_NOW = 0x3fffffff;

    int openat(int dirfd, byte[] path, int flags, int mode);

    /** {@code openat2(2)}; {@code -ENOSYS} on kernels before 5.6 and {@code -EPERM} or {@code -ENOSYS} in some sandboxes. */
    int openat2(int dirfd, byte[] path, long flags, long mode, long resolve);

    int close(int fd);

    /** Another descriptor for the same open file, closed on exec. */
    int dup(int fd);

    /** Reads into the buffer from its position to its limit and moves the position; 0 at the end of the file. */
    int read(int fd, ByteBuffer into);

    int pread(int fd, ByteBuffer into, long offset);

    /** Writes from the buffer's position and moves it; may write less than there is. */
    int write(int fd, ByteBuffer from);

    int pwrite(int fd, ByteBuffer from, long offset);

    /** {@code copy_file_range(2)} at both files' positions. */
    long copyFileRange(int in, int out, long count);

    /** {@code sendfile(2)} at the input's position. */
    long sendfile(int out, int in, long count);

    long lseek(int fd, long offset, int whence);

    int ftruncate(int fd, long length);

    int fallocate(int fd, int mode, long offset, long length);

    int fsync(int fd);

    int fdatasync(int fd);

    /** Writes out the whole filesystem that a file lies on. */
    int syncfs(int fd);

    int flock(int fd, int operation);

    int mkdirat(int dirfd, byte[] path, int mode);

    /** @param device as {@link Stat#device(int, int)} makes it */
    int mknodat(int dirfd, byte[] path, int mode, long device);

    int unlinkat(int dirfd, byte[] path, int flags);

    int symlinkat(byte[] target, int dirfd, byte[] path);

    int linkat(int oldDirfd, byte[] oldPath, int newDirfd, byte[] newPath, int flags);

    int renameat2(int oldDirfd, byte[] oldPath, int newDirfd, byte[] newPath, int flags);

    /** The target, cut to the array's length, into the array; answers how many bytes. */
    int readlinkat(int dirfd, byte[] path, byte[] into);

    /**
     * {@code statx(2)} with the basic fields and the mount id; as stat(2), it makes no automount happen.
     *
     * @param path may be empty with {@link #AT_EMPTY_PATH}
     * @param into filled on success
     */
    int stat(int dirfd, byte[] path, int flags, Stat into);

    /** Raw {@code getdents64} records from the buffer's position on; moves it. 0 at the end. See {@link DirectoryStream}. */
    int getdents(int fd, ByteBuffer into);

    int fchmod(int fd, int mode);

    /** Follows a symbolic link at the end of the path, as the kernel's call does. */
    int fchmodat(int dirfd, byte[] path, int mode);

    int fchown(int fd, int uid, int gid);

    int fchownat(int dirfd, byte[] path, int uid, int gid, int flags);

    int utimensat(
            int dirfd,
            byte[] path,
            long accessSeconds,
            long accessNanos,
            long modifiedSeconds,
            long modifiedNanos,
            int flags);

    int futimens(int fd, long accessSeconds, long accessNanos, long modifiedSeconds, long modifiedNanos);

    /** Sets the file mode creation mask of the whole process and answers the old one. */
    int umask(int mask);
}
