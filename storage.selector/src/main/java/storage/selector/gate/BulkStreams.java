package storage.selector.gate;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import storage.api.StorageException;

/**
 * The callers' streams that layers are filled from and written to at the moment. They take as long as their callers like;
 * when the store has to go, they are ended: the backend meets an exception in the middle of the stream, as it would meet a
 * broken one, and undoes what it has done.
 */
final class BulkStreams {
    private final Set<CallersStream> running = ConcurrentHashMap.newKeySet();

    /** Work on a stream of the caller's. */
    @FunctionalInterface
    interface Work<S, T> {
        T run(S stream) throws IOException;
    }

    <T> T reading(InputStream stream, Work<InputStream, T> work) throws IOException {
        var ours = new CallersStream(stream);
        running.add(ours);
        try {
            return work.run(new CallersStream.Input(ours, stream));
        } finally {
            running.remove(ours);
        }
    }

    void writing(OutputStream stream, Work<OutputStream, Void> work) throws IOException {
        var ours = new CallersStream(stream);
        running.add(ours);
        try {
            work.run(new CallersStream.Output(ours, stream));
        } finally {
            running.remove(ours);
        }
    }

    /**
     * Ends them all, and waits until they are out of the gate: first by interrupting the threads that are inside the
     * callers' streams, then by closing those streams, as a read from a socket ends by nothing else.
     *
     * @param grace how long either may take
     * @return whether the gate is empty
     */
    boolean end(StorageException why, CallGate gate, Duration grace) throws StorageException {
        running.forEach(stream -> stream.end(why));
        if (gate.drain(grace)) {
            return true;
        }
        if (running.stream().filter(CallersStream::close).count() == 0) {
            return false;
        }
        return gate.drain(grace);
    }
}
