package storage.common.tar;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** A stream behind one direct buffer, which files are read into; into a file it is written by the kernel from there. */
final class TarOutput {
    private static final int SIZE = 256 << 10;

    /** Enough for a small archive; those that fill it get twice as much, up to the whole size: memory is cleared first. */
    private static final int FIRST_SIZE = 16 << 10;

    private static final byte[] ZEROS = new byte[1 << 10];

    private final OutputStream out;
    private final WritableByteChannel channel;
    private byte[] heap;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(FIRST_SIZE);

    TarOutput(OutputStream out) {
        this.out = out;
        this.channel = out.getClass() == FileOutputStream.class ? ((FileOutputStream) out).getChannel() : null;
        this.heap = channel == null ? new byte[FIRST_SIZE] : new byte[0];
    }

    /** The buffer, with room for at least so many bytes, at most its first size. */
    ByteBuffer room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            if (buffer.capacity() < SIZE) {
                grow();
            } else {
                flush();
            }
        }
        return buffer;
    }

    private void grow() {
        buffer = ByteBuffer.allocateDirect(2 * buffer.capacity()).put(buffer.flip());
        heap = channel == null ? new byte[buffer.capacity()] : heap;
    }

    void write(byte[] bytes, int length) throws IOException {
        for (var done = 0; done < length; ) {
            var target = room(1);
            var count = Math.min(length - done, target.remaining());
            target.put(bytes, done, count);
            done += count;
        }
    }

    void zeros(long count) throws IOException {
        for (var left = count; left > 0; ) {
            var target = room(1);
            var some = (int) Math.min(Math.min(left, ZEROS.length), target.remaining());
            target.put(ZEROS, 0, some);
            left -= some;
        }
    }

    /** Hands everything on, without flushing what is behind. */
    void flush() throws IOException {
        buffer.flip();
        if (channel == null) {
            var count = buffer.remaining();
            buffer.get(heap, 0, count);
            out.write(heap, 0, count);
        } else {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }
        buffer.clear();
    }
}
