package storage.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The entries of an open directory, without {@code .} and {@code ..}, in the kernel's order.
 *
 * <p>A cursor rather than an iterator: {@link #next()} moves it, and only {@link #name()} makes an object. It reads on
 * from where the descriptor stands and neither owns nor closes it. One stream can read many directories one after the
 * other ({@link #restart}), which saves its buffer; not for several threads.
 */
public final class DirectoryStream {
    // dirent.h: what type() answers; DT_UNKNOWN from filesystems that do not record types
    public static final int DT_UNKNOWN = 0;
    public static final int DT_FIFO = 1;
    public static final int DT_CHR = 2;
    public static final int DT_DIR = 4;
    public static final int DT_BLK = 6;
    public static final int DT_REG = 8;
    public static final int DT_LNK = 10;
    public static final int DT_SOCK = 12;

    /** Bytes; as much as the C library reads at once. */
    private static final int BUFFER = 32 << 10;

    // struct linux_dirent64, getdents(2): where its fields lie
    private static final int LENGTH = 16;
    private static final int TYPE = 18;
    private static final int NAME = 19;

    private final Syscalls linux;
    private final ByteBuffer records = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.nativeOrder());
    private int fd;

    /** Offset of the present record, and of the one behind it. */
    private int record;

    private int following;

    /** Bytes of records in the buffer. */
    private int filled;

    /** @param fd of a directory opened for reading */
    public DirectoryStream(Syscalls linux, int fd) {
        this.linux = linux;
        this.fd = fd;
    }

    /** Turns to another directory, or to the same one after {@code lseek(fd, 0, SEEK_SET)}. */
    public void restart(int newFd) {
        fd = newFd;
        following = 0;
        filled = 0;
    }

    /** Moves to the next entry; false at the end. */
    public boolean next() throws SyscallException {
        do {
            if (following >= filled && !fill()) {
                return false;
            }
            record = following;
            var length = filled - record > NAME ? records.getShort(record + LENGTH) & 0xffff : 0;
            if (length <= NAME || length > filled - record) {
                // no kernel does this; without the check a broken fake would make an endless loop
                throw new SyscallException("getdents64", ProcFd.target(linux, fd), Errno.EIO);
            }
            following = record + length;
        } while (isDotOrDotDot());
        return true;
    }

    /** The name of the present entry, in an array of its own. */
    public byte[] name() {
        var end = record + NAME;
        while (end < following && records.get(end) != 0) {
            end++;
        }
        var name = new byte[end - record - NAME];
        records.get(record + NAME, name);
        return name;
    }

    /** The type of the present entry, a {@code DT_} constant. */
    public int type() {
        return records.get(record + TYPE);
    }

    /** The inode number of the present entry; of a mount point, that of the directory below the mount. */
    public long inode() {
        return records.getLong(record);
    }

    private boolean fill() throws SyscallException {
        records.clear();
        var count = linux.getdents(fd, records);
        following = 0;
        filled = Math.max(0, count);
        // a directory that was removed while open says ENOENT: it has no entries
        if (count < 0 && count != -Errno.ENOENT) {
            throw new SyscallException("getdents64", ProcFd.target(linux, fd), -count);
        }
        return count > 0;
    }

    private boolean isDotOrDotDot() {
        var at = record + NAME;
        if (records.get(at) != '.') {
            return false;
        }
        var second = records.get(at + 1);
        return second == 0 || second == '.' && records.get(at + 2) == 0;
    }
}
