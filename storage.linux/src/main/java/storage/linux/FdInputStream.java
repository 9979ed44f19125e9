package storage.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Reads a descriptor from its position on. Not buffered beyond one call: bytes that the reader did not ask for stay in the
 * file.
 */
public final class FdInputStream extends InputStream {
    /** Bytes moved by one call. */
    static final int CHUNK = 64 << 10;

    /** Bytes that the kernel copies in one call: large, yet short enough that the thread comes back. */
    private static final long COPY = 64L << 20;

    private final Syscalls linux;
    private final int fd;
    private final boolean owner;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private boolean closed;

    private FdInputStream(Syscalls linux, int fd, boolean owner) {
        this.linux = linux;
        this.fd = fd;
        this.owner = owner;
    }

    /** A stream whose {@code close} closes the descriptor. */
    public static FdInputStream owning(Syscalls linux, int fd) {
        return new FdInputStream(linux, fd, true);
    }

    /** A stream that leaves the descriptor open. */
    public static FdInputStream borrowing(Syscalls linux, int fd) {
        return new FdInputStream(linux, fd, false);
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        var chunk = buffer(Math.min(length, CHUNK)).limit(Math.min(length, CHUNK));
        var count = check(linux.read(fd, chunk), "read");
        chunk.flip().get(into, offset, count);
        return count == 0 ? -1 : count;
    }

    /** Between two files the kernel copies, sharing blocks where the filesystem can. Holes do not stay holes. */
    @Override
    public long transferTo(OutputStream out) throws IOException {
        Objects.requireNonNull(out);
        if (!(out instanceof FdOutputStream file)) {
            return pump(out, 0);
        }
        ensureOpen();
        var copied = 0L;
        var count = linux.copyFileRange(fd, file.fd(), COPY);
        while (count > 0) {
            copied += count;
            count = linux.copyFileRange(fd, file.fd(), COPY);
        }
        // a refusal (other filesystem, pipe) and the end look alike to what follows: it takes what is left, and meets
        // the end or the true error itself. Files of /proc claim to be empty here and are not
        count = linux.sendfile(file.fd(), fd, COPY);
        while (count > 0) {
            copied += count;
            count = linux.sendfile(file.fd(), fd, COPY);
        }
        return pump(out, copied);
    }

    private long pump(OutputStream out, long before) throws IOException {
        var total = before;
        var bytes = new byte[CHUNK];
        var count = read(bytes, 0, CHUNK);
        while (count > 0) {
            out.write(bytes, 0, count);
            total += count;
            count = read(bytes, 0, CHUNK);
        }
        return total;
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            if (owner) {
                // no error of close means that something read was wrong
                linux.close(fd);
            }
        }
    }

    private ByteBuffer buffer(int size) throws IOException {
        ensureOpen();
        if (buffer.capacity() < size) {
            // grows once, to what the caller uses: many streams read a few hundred bytes
            buffer = ByteBuffer.allocateDirect(size <= 4096 ? 4096 : CHUNK);
        }
        return buffer.clear();
    }

    private void ensureOpen() throws IOException {
        if (closed) {
            throw new IOException("The stream is closed");
        }
    }

    private int check(int result, String call) throws SyscallException {
        if (result < 0) {
            throw new SyscallException(call, ProcFd.target(linux, fd), -result);
        }
        return result;
    }
}
