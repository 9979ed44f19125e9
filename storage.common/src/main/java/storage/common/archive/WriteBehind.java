package storage.common.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import storage.api.StorageException;
import storage.common.tar.Chunk;
import storage.common.tar.TarReader;

/**
 * Threads that fill files while the archive is read on. Names are made by the reading thread alone, in the archive's
 * order, and a file that has been made is reached by its descriptor; so whatever later entries do to its name, the result
 * is the same as if it had been filled at once.
 *
 * <p>A file belongs to one thread, which takes its pieces in order. Work is handed over in batches, because a hand-over
 * costs as much as filling a small file. After a failure the threads only close what they are given, and the next call of
 * the reading thread throws.
 */
final class WriteBehind implements FileSink {
    /** Steps handed over at once. */
    private static final int BATCH = 64;

    /** Batches that may wait for a thread; with {@link #BATCH} a bound of the descriptors that are open. */
    private static final int WAITING = 4;

    private static final List<Step> END = List.of();

    /**
     * One thing to do.
     *
     * @param data content to be written at {@code offset}, null to end the file
     * @param chunk to be given back after it
     */
    private record Step(OpenEntry file, ByteBuffer data, Chunk chunk, long offset, boolean whole) {}

    private final TarReader reader;
    private final Writer[] writers;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** Only for comparison: nobody waits for what is being written any more. */
    private final Throwable cancelled = new IOException("cancelled");

    private boolean ended;

    /** The writer of the present file. */
    private int turn;

    /**
     * @param number of threads
     * @param contents makes what each of them fills files with
     */
    WriteBehind(TarReader reader, int number, Supplier<FileContent> contents) {
        this.reader = reader;
        this.writers = new Writer[number];
        for (var i = 0; i < number; i++) {
            writers[i] = new Writer(contents.get(), i);
        }
        reader.beforeWaiting(this::passOn);
    }

    private final class Writer implements Runnable {
        private final FileContent content;
        private final BlockingQueue<List<Step>> waiting = new ArrayBlockingQueue<>(WAITING);
        private final Thread thread;
        private List<Step> batch = new ArrayList<>(BATCH);

        Writer(FileContent content, int number) {
            this.content = content;
            this.thread = new Thread(this, Thread.currentThread().getName() + "-writes-" + number);
            thread.setDaemon(true);
            thread.setContextClassLoader(null);
            thread.start();
        }

        void add(Step step) throws IOException {
            batch.add(step);
            if (batch.size() == BATCH) {
                passOn();
            }
        }

        void passOn() throws IOException {
            if (!batch.isEmpty()) {
                var full = batch;
                batch = new ArrayList<>(BATCH);
                try {
                    waiting.put(full);
                } catch (InterruptedException e) {
                    batch = full;
                    Thread.currentThread().interrupt();
                    throw StorageException.of(
                                    StorageException.Kind.INTERRUPTED, "The unpacking of the archive was interrupted")
                            .causedBy(e);
                }
            }
        }

        /** Hands over what is left, and the end; waits whatever happens. */
        void end() {
            var interrupted = false;
            for (var last : List.of(batch, END)) {
                while (true) {
                    try {
                        if (last == END || !last.isEmpty()) {
                            waiting.put(last);
                        }
                        break;
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void run() {
            while (true) {
                List<Step> steps;
                try {
                    steps = waiting.take();
                } catch (InterruptedException e) {
                    // nobody is to interrupt it, and the files have to be closed
                    continue;
                }
                if (steps == END) {
                    return;
                }
                for (var step : steps) {
                    run(step);
                }
            }
        }

        private void run(Step step) {
            try {
                if (failure.get() != null || !step.whole() && step.data() == null) {
                    if (step.data() == null) {
                        content.abandon(step.file());
                    }
                } else if (step.data() != null) {
                    content.write(step.file(), step.data(), step.offset());
                } else {
                    content.end(step.file());
                }
            } catch (IOException | RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            } finally {
                if (step.chunk() != null) {
                    step.chunk().release();
                }
            }
        }
    }

    @Override
    public void content(OpenEntry file, ByteBuffer data, long offset) throws IOException {
        var piece = data.duplicate();
        writers[turn].add(new Step(file, piece, reader.lend(), offset, false));
    }

    @Override
    public void end(OpenEntry file) throws IOException {
        writers[turn].add(new Step(file, null, null, 0, true));
        turn = (turn + 1) % writers.length;
        refuseAfterFailure();
    }

    @Override
    public void abandon(OpenEntry file) {
        // room or not: it is handed over with the end, which comes next
        writers[turn].batch.add(new Step(file, null, null, 0, false));
    }

    private void passOn() throws IOException {
        for (var writer : writers) {
            writer.passOn();
        }
    }

    private void refuseAfterFailure() throws IOException {
        var thrown = failure.get();
        if (thrown instanceof IOException e) {
            throw e;
        }
        if (thrown instanceof RuntimeException e) {
            throw e;
        }
        if (thrown instanceof Error e) {
            throw e;
        }
    }

    @Override
    public void finish() throws IOException {
        endAll();
        refuseAfterFailure();
    }

    /** Ends the threads; of what they have not done yet, files are only closed. */
    @Override
    public void close() {
        failure.compareAndSet(null, cancelled);
        endAll();
    }

    private void endAll() {
        if (!ended) {
            ended = true;
            for (var writer : writers) {
                writer.end();
            }
        }
    }
}
