package storage.common.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import storage.api.StorageException;

/**
 * Bytes that a second thread makes while this one uses them: a bounded pipe. Closing it ends the thread, whatever that
 * is doing; what it failed of is thrown to the reader.
 */
public final class Pump extends InputStream {
    /** What makes the bytes. */
    @FunctionalInterface
    public interface Source {
        /** Writes all of them. Ends with an exception soon after its thread is interrupted. */
        void writeTo(OutputStream out) throws IOException;
    }

    private static final int CHUNK = 64 << 10;
    private static final int CHUNKS = 8;
    /** How long the end of the thread is waited for, in seconds; it answers an interrupt at its next chunk. */
    private static final long PATIENCE = 30;

    private static final byte[] END = new byte[0];

    private final BlockingQueue<byte[]> chunks = new ArrayBlockingQueue<>(CHUNKS);
    private final Thread thread;
    private volatile Throwable failure;
    private volatile boolean closed;
    private byte[] current = END;
    private int position;
    private boolean ended;

    /** @param name what the thread is called */
    public Pump(String name, Source source) {
        thread = new Thread(() -> run(source), name);
        thread.setDaemon(true);
        thread.start();
    }

    private void run(Source source) {
        try (var out = new Chunks()) {
            source.writeTo(out);
        } catch (Throwable e) {
            failure = e;
        }
        try {
            while (!closed && !chunks.offer(END, 1, TimeUnit.SECONDS)) {
                // the reader is slow
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed: nobody reads any more
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (position == current.length && !next()) {
            return -1;
        }
        var count = Math.min(length, current.length - position);
        System.arraycopy(current, position, bytes, offset, count);
        position += count;
        return count;
    }

    private boolean next() throws IOException {
        if (!ended) {
            try {
                current = chunks.take();
                position = 0;
                ended = current.length == 0;
            } catch (InterruptedException e) {
                throw interrupted("The reading of a stream", e);
            }
        }
        if (ended && failure != null) {
            throw told(failure);
        }
        return !ended;
    }

    private static StorageException interrupted(String what, InterruptedException e) {
        Thread.currentThread().interrupt();
        return StorageException.of(StorageException.Kind.INTERRUPTED, what + " was interrupted")
                .causedBy(e);
    }

    private static IOException told(Throwable failure) {
        if (failure instanceof StorageException known) {
            return known;
        }
        return failure instanceof IOException other ? other : new IOException(failure);
    }

    @Override
    public int available() {
        return current.length - position;
    }

    @Override
    public void close() throws StorageException {
        closed = true;
        thread.interrupt();
        chunks.clear();
        var interrupted = Thread.interrupted();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(PATIENCE));
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            throw StorageException.of(
                    StorageException.Kind.TIMEOUT, "The thread " + thread.getName() + " does not end");
        }
    }

    /** Where the second thread writes. */
    private final class Chunks extends OutputStream {
        private byte[] chunk = new byte[CHUNK];
        private int filled;

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            var done = 0;
            while (done < length) {
                var count = Math.min(length - done, CHUNK - filled);
                System.arraycopy(bytes, offset + done, chunk, filled, count);
                filled += count;
                done += count;
                if (filled == CHUNK) {
                    hand();
                }
            }
        }

        @Override
        public void close() throws IOException {
            if (filled > 0) {
                hand();
            }
        }

        private void hand() throws IOException {
            try {
                if (closed) {
                    throw new InterruptedException();
                }
                chunks.put(filled == CHUNK ? chunk : java.util.Arrays.copyOf(chunk, filled));
            } catch (InterruptedException e) {
                throw interrupted("The writing of a stream", e);
            }
            chunk = new byte[CHUNK];
            filled = 0;
        }
    }
}
