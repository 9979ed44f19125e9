package storage.common.tar;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import storage.api.StorageException;

/**
 * A stream through one direct buffer, so that content goes from there into files without another copy. From a file it is
 * read by the kernel straight into the buffer.
 */
final class TarInput {
    /** Fits a processor's second cache, where it is read again at once. */
    private static final int SIZE = 256 << 10;

    /** Enough for a small archive; the whole size is taken by those that fill it. */
    private static final int FIRST_SIZE = 16 << 10;

    /** How many chunks there are at most, where some are lent. */
    private static final int CHUNKS = 8;

    /** How much is read from a stream on the heap at once. */
    private static final int CHUNK = 64 << 10;

    private final InputStream in;
    private final ReadableByteChannel channel;
    private byte[] heap;

    /** Chunks of the whole size that nobody uses. */
    private final BlockingQueue<Chunk> idle = new ArrayBlockingQueue<>(CHUNKS);

    private Chunk chunk = new Chunk(FIRST_SIZE, new ArrayBlockingQueue<>(1));
    private ByteBuffer buffer = chunk.bytes;

    /** How many chunks of the whole size there are. */
    private int made;

    /** Makes those to whom chunks were lent give them back. */
    private Hurry hurry = () -> {};

    private boolean ended;

    TarInput(InputStream in) {
        this.in = in;
        // a subclass may have its own idea of reading
        this.channel = in.getClass() == FileInputStream.class ? ((FileInputStream) in).getChannel() : null;
        this.heap = channel == null ? new byte[FIRST_SIZE] : new byte[0];
    }

    /** Called before a wait for a chunk. */
    interface Hurry {
        void now() throws IOException;
    }

    void hurry(Hurry how) {
        hurry = how;
    }

    /** Lends the present chunk. */
    Chunk lend() {
        chunk.lend();
        return chunk;
    }

    /** The buffer, with at least one byte between position and limit; null at the end of the stream. */
    ByteBuffer some() throws IOException {
        return buffer.hasRemaining() || fill() ? buffer : null;
    }

    private boolean fill() throws IOException {
        if (ended) {
            return false;
        }
        if (chunk.isLent() || buffer.capacity() < SIZE && buffer.limit() == buffer.capacity()) {
            // lent, or small and filled before
            replace();
        }
        buffer.clear();
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

    private void replace() throws IOException {
        var next = idle.poll();
        if (next == null && made < CHUNKS) {
            made++;
            next = new Chunk(SIZE, idle);
            heap = channel == null && heap.length < CHUNK ? new byte[CHUNK] : heap;
        }
        if (next == null) {
            hurry.now();
            try {
                next = idle.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw StorageException.of(
                                StorageException.Kind.INTERRUPTED, "The reading of the archive was interrupted")
                        .causedBy(e);
            }
        }
        chunk.release();
        next.take();
        chunk = next;
        buffer = next.bytes;
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
