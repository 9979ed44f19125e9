package storage.linux;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** Writes to a descriptor at its position; every write goes to the kernel at once and in full. */
public final class FdOutputStream extends OutputStream {
    private final Syscalls linux;
    private final int fd;
    private final boolean owner;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private boolean closed;

    private FdOutputStream(Syscalls linux, int fd, boolean owner) {
        this.linux = linux;
        this.fd = fd;
        this.owner = owner;
    }

    /** A stream whose {@code close} closes the descriptor. */
    public static FdOutputStream owning(Syscalls linux, int fd) {
        return new FdOutputStream(linux, fd, true);
    }

    /** A stream that leaves the descriptor open. */
    public static FdOutputStream borrowing(Syscalls linux, int fd) {
        return new FdOutputStream(linux, fd, false);
    }

    /** The descriptor, for copies inside the kernel. */
    int fd() throws IOException {
        if (closed) {
            throw new IOException("The stream is closed");
        }
        return fd;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        var at = offset;
        var end = offset + length;
        while (at < end) {
            var count = Math.min(end - at, FdInputStream.CHUNK);
            writeFully(buffer(count).put(bytes, at, count).flip());
            at += count;
        }
    }

    private void writeFully(ByteBuffer chunk) throws IOException {
        while (chunk.hasRemaining()) {
            var count = linux.write(fd, chunk);
            if (count <= 0) {
                // nothing written and no error would go on for ever
                throw new SyscallException("write", ProcFd.target(linux, fd), count == 0 ? Errno.EIO : -count);
            }
        }
    }

    /** Reports what a network filesystem may say only now: that earlier writes failed. */
    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            var path = owner ? ProcFd.path(fd) : null;
            var result = owner ? linux.close(fd) : 0;
            if (result < 0 && result != -Errno.EINTR) {
                throw new SyscallException("close", storage.api.FileNames.decode(path), -result);
            }
        }
    }

    private ByteBuffer buffer(int size) throws IOException {
        fd();
        if (buffer.capacity() < size) {
            buffer = ByteBuffer.allocateDirect(size <= 4096 ? 4096 : FdInputStream.CHUNK);
        }
        return buffer.clear();
    }
}
