package storage.common.tar;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * A stream through one direct buffer, so that content goes from there into files without another copy. From a file it is
 * read by the kernel straight into the buffer.
 */
final class TarInput {
    /** Fits a processor's second cache, where it is read again at once. */
    private static final int SIZE = 256 << 10;

    /** How much is read from a stream on the heap at once. */
    private static final int CHUNK = 64 << 10;

    private final InputStream in;
    private final ReadableByteChannel channel;
    private final byte[] heap;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(SIZE);
    private boolean ended;

    TarInput(InputStream in) {
        this.in = in;
        // a subclass may have its own idea of reading
        this.channel = in.getClass() == FileInputStream.class ? ((FileInputStream) in).getChannel() : null;
        this.heap = channel == null ? new byte[CHUNK] : new byte[0];
        buffer.limit(0);
    }

    /** The buffer, with at least one byte between position and limit; null at the end of the stream. */
    ByteBuffer some() throws IOException {
        return buffer.hasRemaining() || fill() ? buffer : null;
    }

    private boolean fill() throws IOException {
        if (ended) {
            return false;
        }
        buffer.compact();
        int count;
        if (channel != null) {
            count = channel.read(buffer);
        } else {
            count = in.read(heap, 0, Math.min(heap.length, buffer.remaining()));
            if (count > 0) {
                buffer.put(heap, 0, count);
            }
        }
        buffer.flip();
        ended = count < 0;
        return count > 0 || !ended && fill();
    }

    /** Reads exactly so many bytes; answers how many there were before the end of the stream. */
    int read(byte[] into, int length) throws IOException {
        return read(into, length, 0);
    }

    /** Reads up to index {@code end}; answers how many bytes there were before the end of the stream. */
    int read(byte[] into, int end, int from) throws IOException {
        var done = from;
        while (done < end && some() != null) {
            var count = Math.min(end - done, buffer.remaining());
            buffer.get(into, done, count);
            done += count;
        }
        return done - from;
    }

    /** Passes over bytes; answers how many were missing. */
    long skip(long count) throws IOException {
        var left = count;
        while (left > 0 && some() != null) {
            var step = (int) Math.min(left, buffer.remaining());
            buffer.position(buffer.position() + step);
            left -= step;
        }
        return left;
    }
}
