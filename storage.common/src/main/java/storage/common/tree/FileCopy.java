package storage.common.tree;

import java.nio.ByteBuffer;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Copies content from one open file to another: shared where the filesystem can (reflink), else in the kernel, else
 * through memory. Holes stay holes. What a filesystem cannot do is tried once and not again.
 */
public final class FileCopy {
    /** {@code FICLONE}, linux/fs.h: {@code _IOW(0x94, 9, int)}. */
    private static final long FICLONE = 0x40049409L;

    /** Below this a plain read and write is as fast as anything. */
    private static final int SMALL = 256 << 10;

    private static final long BLOCK = 512;

    private final Syscalls linux;
    /** Made for the first file that needs it. */
    private ByteBuffer buffer;

    private boolean canClone = true;
    private boolean canCopyRange = true;

    public FileCopy(Syscalls linux) {
        this.linux = linux;
    }

    /**
     * Copies everything to an empty file.
     *
     * @param stat of the source
     */
    public void content(int from, int to, Stat stat) throws SyscallException {
        if (stat.size == 0) {
            return;
        }
        if (canClone) {
            var result = linux.ioctl(to, FICLONE, from);
            if (result == 0) {
                return;
            }
            canClone = result == -Errno.EINTR;
        }
        if (stat.blocks * BLOCK < stat.size && stat.size > SMALL / 4) {
            sparse(from, to, stat.size);
        } else {
            run(from, to, Long.MAX_VALUE, stat.size);
        }
    }

    private void sparse(int from, int to, long size) throws SyscallException {
        var at = 0L;
        while (at < size) {
            var data = linux.lseek(from, at, Syscalls.SEEK_DATA);
            if (data == -Errno.ENXIO) {
                break;
            }
            if (data == -Errno.EINVAL || data == -Errno.EOPNOTSUPP) {
                data = at;
            }
            Errno.check(data, "lseek", "");
            var hole = linux.lseek(from, data, Syscalls.SEEK_HOLE);
            if (hole < 0) {
                hole = size;
            }
            Errno.check(linux.lseek(from, data, Syscalls.SEEK_SET), "lseek", "");
            Errno.check(linux.lseek(to, data, Syscalls.SEEK_SET), "lseek", "");
            run(from, to, hole - data, hole - data);
            at = hole;
        }
        Errno.check(linux.ftruncate(to, size), "ftruncate", "");
    }

    /** Copies at the files' positions until so many bytes or the source's end. */
    private void run(int from, int to, long count, long expected) throws SyscallException {
        var left = count;
        while (left > 0 && canCopyRange && expected > SMALL) {
            var copied = linux.copyFileRange(from, to, Math.min(left, 1 << 30));
            if (copied == 0) {
                return;
            }
            if (copied < 0) {
                // another filesystem, or one that cannot; what could not be written says so again below
                canCopyRange = false;
                break;
            }
            left -= copied;
        }
        if (left > 0 && buffer == null) {
            buffer = ByteBuffer.allocateDirect(SMALL);
        }
        while (left > 0) {
            buffer.clear().limit((int) Math.min(left, buffer.capacity()));
            var got = Errno.check(linux.read(from, buffer), "read", "");
            if (got == 0) {
                return;
            }
            buffer.flip();
            write(to, buffer);
            left -= got;
        }
    }

    private void write(int to, ByteBuffer data) throws SyscallException {
        while (data.hasRemaining()) {
            Errno.check(linux.write(to, data), "write", "");
        }
    }
}
