package storage.common.store;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import storage.api.StorageException;

/**
 * Counts the calls that are inside a store, so that what they need is released only after the last has left: a lock given
 * up earlier would let another process repair what is still being written.
 */
final class Gate {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition empty = lock.newCondition();
    private final String name;
    private final Rollback.Step release;
    private int calls;
    private boolean closed;
    private boolean released;

    /**
     * @param name what is closed, for messages
     * @param release run once, when the gate is closed and nobody is inside
     */
    Gate(String name, Rollback.Step release) {
        this.name = name;
        this.release = release;
    }

    void enter() throws StorageException {
        lock.lock();
        try {
            if (closed) {
                throw StorageException.of(StorageException.Kind.CLOSED, name + " is closed", "Open it again");
            }
            calls++;
        } finally {
            lock.unlock();
        }
    }

    void leave() throws IOException {
        boolean last;
        lock.lock();
        try {
            calls--;
            empty.signalAll();
            last = claim();
        } finally {
            lock.unlock();
        }
        if (last) {
            release.run();
        }
    }

    /** Lets nobody in any more and waits for those inside. If they take too long, the last of them releases. */
    void close(Duration bound) throws IOException {
        boolean last;
        lock.lock();
        try {
            closed = true;
            var left = bound.toNanos();
            while (calls > 0 && left > 0) {
                left = empty.awaitNanos(left);
            }
            last = claim();
            if (!last && !released) {
                throw StorageException.of(
                        StorageException.Kind.TIMEOUT,
                        name + " was closed while " + calls + " calls are still at work in it",
                        "It is released when the last of them ends, " + TimeUnit.SECONDS.convert(bound)
                                + " s were not enough");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(
                    StorageException.Kind.INTERRUPTED, "The wait for the last calls in " + name + " was interrupted");
        } finally {
            lock.unlock();
        }
        if (last) {
            release.run();
        }
    }

    private boolean claim() {
        if (closed && calls == 0 && !released) {
            released = true;
            return true;
        }
        return false;
    }
}
