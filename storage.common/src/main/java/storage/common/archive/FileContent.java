package storage.common.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import storage.common.tar.TarEntry;
import storage.common.tar.TarReader;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Moves an entry's content from the archive's buffer into a file. Sparse entries stay sparse, and in large files blocks
 * of zeros become holes.
 */
final class FileContent {
    /** Files from this size on are searched for zeros, in bytes. */
    private static final long LARGE = 1 << 20;

    /** What filesystems leave out at once. */
    private static final int BLOCK = 4096;

    private final Syscalls linux;
    private final TarReader reader;

    FileContent(Syscalls linux, TarReader reader) {
        this.linux = linux;
        this.reader = reader;
    }

    void write(int fd, TarEntry entry) throws IOException {
        if (entry.isSparse) {
            for (var i = 0; i < entry.sparse.count(); i++) {
                part(fd, entry.sparse.offset(i), entry.sparse.length(i));
            }
            Errno.check(linux.ftruncate(fd, entry.size), "ftruncate", "");
        } else if (entry.size >= LARGE) {
            large(fd, entry.size);
        } else {
            ByteBuffer data;
            while ((data = reader.content(Long.MAX_VALUE)) != null) {
                while (data.hasRemaining()) {
                    Errno.check(linux.write(fd, data), "write", "");
                }
            }
        }
    }

    private void part(int fd, long offset, long length) throws IOException {
        var done = 0L;
        ByteBuffer data;
        while ((data = reader.content(length - done)) != null) {
            var size = data.remaining();
            put(fd, data, offset + done);
            done += size;
        }
    }

    private void put(int fd, ByteBuffer data, long offset) throws SyscallException {
        var at = offset;
        while (data.hasRemaining()) {
            at += Errno.check(linux.pwrite(fd, data, at), "pwrite", "");
        }
    }

    private void large(int fd, long size) throws IOException {
        var offset = 0L;
        var written = 0L;
        ByteBuffer data;
        while ((data = reader.content(Long.MAX_VALUE)) != null) {
            var end = data.limit();
            while (data.position() < end) {
                var zeros = zeros(data, offset, end);
                if (zeros > 0) {
                    data.position(data.position() + zeros);
                    offset += zeros;
                    continue;
                }
                var run = data(data, offset, end);
                data.limit(data.position() + run);
                put(fd, data, offset);
                data.limit(end);
                offset += run;
                written = offset;
            }
        }
        if (written < size) {
            Errno.check(linux.ftruncate(fd, size), "ftruncate", "");
        }
    }

    /** How many bytes of zeros come next, up to the end of a block of the file or of the data. */
    private static int zeros(ByteBuffer data, long offset, int end) {
        var at = data.position();
        var step = step(offset, end - at);
        while (step > 0 && isZero(data, at, step)) {
            at += step;
            step = step(offset + at - data.position(), end - at);
        }
        return at - data.position();
    }

    /** How many bytes come before the next such zeros. */
    private static int data(ByteBuffer data, long offset, int end) {
        var at = data.position();
        var step = step(offset, end - at);
        do {
            at += step;
            step = step(offset + at - data.position(), end - at);
        } while (step > 0 && !isZero(data, at, step));
        return at - data.position();
    }

    private static int step(long offset, int left) {
        return (int) Math.min(BLOCK - (offset & BLOCK - 1), left);
    }

    private static boolean isZero(ByteBuffer data, int at, int length) {
        var i = at;
        var end = at + length;
        for (; i + Long.BYTES <= end; i += Long.BYTES) {
            if (data.getLong(i) != 0) {
                return false;
            }
        }
        for (; i < end; i++) {
            if (data.get(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
