package storage.linux;

import java.nio.ByteBuffer;

/** Calls to devices and to the rest of the kernel. */
public interface DeviceCalls {
    /** {@code ioctl(2)} with a plain argument. */
    int ioctl(int fd, long request, long argument);

    /** {@code ioctl(2)} with the address of a buffer's first byte, whatever its position. */
    int ioctl(int fd, long request, ByteBuffer argument);

    /**
     * {@code quotactl(2)}.
     *
     * @param special the block device
     * @param address the buffer's first byte
     */
    int quotactl(int command, byte[] special, int id, ByteBuffer address);

    /**
     * {@code quotactl_fd(2)}: the same for the filesystem that an open file lies on; {@code -ENOSYS} before Linux 5.14.
     */
    int quotactlFd(int fd, int command, int id, ByteBuffer address);

    /** The effective user id of the process. */
    int geteuid();

    /** The effective group id of the process. */
    int getegid();

    /** The size of a page of memory in bytes. */
    int pageSize();
}
