package storage.common.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Fills files, one after the other, with content as it comes from the archive, gives them their attributes, and closes
 * them. Sparse entries stay sparse, and in large files blocks of zeros become holes. One for each thread.
 */
final class FileContent {
    /** Files from this size on are searched for zeros, in bytes. */
    private static final long LARGE = 1 << 20;

    /** What filesystems leave out at once. */
    private static final int BLOCK = 4096;

    private final Syscalls linux;
    private final EntryAttributes attributes;

    /** Up to where the present file has been written. */
    private long written;

    FileContent(Syscalls linux, EntryAttributes attributes) {
        this.linux = linux;
        this.attributes = attributes;
    }

    /**
     * Writes a piece of a file's content. The pieces of one file come in order and before anything of the next.
     *
     * @param offset where in the file
     */
    void write(OpenEntry file, ByteBuffer data, long offset) throws SyscallException {
        if (file.sparse()) {
            put(file.fd(), data, offset);
        } else if (file.size() >= LARGE) {
            large(file.fd(), data, offset);
        } else {
            while (data.hasRemaining()) {
                Errno.check(linux.write(file.fd(), data), "write", file.name());
            }
        }
    }

    /** The content is complete: the rest of the file is a hole. Closes it in any case. */
    void end(OpenEntry file) throws IOException {
        try {
            if (file.sparse() || file.size() >= LARGE && written < file.size()) {
                Errno.check(linux.ftruncate(file.fd(), file.size()), "ftruncate", file.name());
            }
            attributes.file(file);
        } finally {
            written = 0;
            linux.close(file.fd());
        }
    }

    /** The content is not complete and never will be. */
    void abandon(OpenEntry file) {
        written = 0;
        linux.close(file.fd());
    }

    private void put(int fd, ByteBuffer data, long offset) throws SyscallException {
        var at = offset;
        while (data.hasRemaining()) {
            at += Errno.check(linux.pwrite(fd, data, at), "pwrite", "");
        }
    }

    private void large(int fd, ByteBuffer data, long from) throws SyscallException {
        var offset = from;
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
