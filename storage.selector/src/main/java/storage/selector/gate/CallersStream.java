package storage.selector.gate;

import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import storage.api.StorageException;

/**
 * A caller's stream that can be ended from outside. A thread is interrupted only while it is in the caller's code, and
 * comes out of it with its flag cleared: the backend, which has something to undo then, never sees the interruption.
 */
final class CallersStream {
    private final Closeable stream;
    /** Guarded by this. */
    private Thread within;

    private StorageException end;
    private boolean interrupted;

    CallersStream(Closeable stream) {
        this.stream = stream;
    }

    /** Lets the backend's next step on this stream fail, and the one that it is in, if that can be interrupted. */
    synchronized void end(StorageException why) {
        end = why;
        if (within != null && within != Thread.currentThread()) {
            interrupted = true;
            within.interrupt();
        }
    }

    /**
     * Closes the stream if somebody else's thread is still in it, on a thread of its own: closing may wait for what the
     * stream is stuck in.
     *
     * @return whether there was something to close
     */
    synchronized boolean close() {
        if (within == null || within == Thread.currentThread()) {
            return false;
        }
        var closer = new Thread(null, this::closeQuietly, "storage-close-stream", 0, false);
        closer.setDaemon(true);
        closer.start();
        return true;
    }

    private void closeQuietly() {
        try {
            stream.close();
        } catch (IOException | RuntimeException e) {
            // the caller gets an exception that says why it was closed
        }
    }

    private synchronized void enter() throws StorageException {
        refuseEnded();
        within = Thread.currentThread();
    }

    private synchronized void leave(Exception failure) throws StorageException {
        within = null;
        if (interrupted) {
            interrupted = false;
            Thread.interrupted();
        }
        try {
            refuseEnded();
        } catch (StorageException ended) {
            if (failure != null) {
                ended.addSuppressed(failure);
            }
            throw ended;
        }
    }

    private synchronized void refuseEnded() throws StorageException {
        if (end != null) {
            throw StorageException.of(end.kind(), end.getMessage(), end.advice());
        }
    }

    @FunctionalInterface
    private interface Step<T> {
        T run() throws IOException;
    }

    /** What the caller's code throws once the stream was ended is that end's doing. */
    private <T> T step(Step<T> step) throws IOException {
        enter();
        var failure = new Exception[1];
        try {
            return step.run();
        } catch (IOException | RuntimeException e) {
            failure[0] = e;
            throw e;
        } finally {
            leave(failure[0]);
        }
    }

    /** Not closed by the backend, so neither is what is below. */
    static final class Input extends FilterInputStream {
        private final CallersStream owner;

        Input(CallersStream owner, InputStream in) {
            super(in);
            this.owner = owner;
        }

        @Override
        public int read() throws IOException {
            return owner.step(in::read);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return owner.step(() -> in.read(bytes, offset, length));
        }

        @Override
        public long skip(long count) throws IOException {
            return owner.step(() -> in.skip(count));
        }

        @Override
        public void close() {}
    }

    /** As {@link Input}. */
    static final class Output extends FilterOutputStream {
        private final CallersStream owner;

        Output(CallersStream owner, OutputStream out) {
            super(out);
            this.owner = owner;
        }

        @Override
        public void write(int value) throws IOException {
            owner.step(() -> {
                out.write(value);
                return null;
            });
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            owner.step(() -> {
                out.write(bytes, offset, length);
                return null;
            });
        }

        @Override
        public void flush() throws IOException {
            owner.step(() -> {
                out.flush();
                return null;
            });
        }

        @Override
        public void close() {}
    }
}
