package storage.selector.gate;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import storage.api.StorageException;

/**
 * Counts the calls that are inside a store, so that the store can be taken away when there are none.
 *
 * <p><b>No call slips past a closed gate.</b> Everything is one word, {@code state}: the lowest bits count the calls
 * inside, the highest bit says closed. A call enters by a compare-and-set that raises the count of a word whose closed bit
 * is clear; {@link #close} sets the bit by a compare-and-set on the same word. The word's changes have one order. An entry
 * before the bit is in the count that {@code close} sees and waits for; an entry after it would have to replace a word with
 * the bit set, which its condition excludes. From then on the count only falls, so once it is 0 no call is inside and none
 * comes until {@link #reopen}. The atomic word also orders memory: what a call did before it left is visible to whoever
 * finds the count at 0.
 *
 * <p><b>No wake-up is lost.</b> A closer looks at the word under {@code lock} before each wait. The call that brings the
 * count of a closed gate to 0 changes the word first and then takes {@code lock} to signal: either the closer looks after
 * the change, or it is waiting, and has released the lock, when the signal comes.
 */
public final class CallGate {
    private static final long CLOSED = Long.MIN_VALUE;

    private final AtomicLong state = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition empty = lock.newCondition();
    /** What callers are told; written before the bit is set, so whoever sees the bit sees it. */
    private volatile StorageException reason =
            StorageException.of(StorageException.Kind.CLOSED, "The store is closed", "Open it again");

    /** A call that answers something. */
    @FunctionalInterface
    public interface Call<T, E extends Exception> {
        T run() throws E;
    }

    /** A call that answers nothing. */
    @FunctionalInterface
    public interface Action<E extends Exception> {
        void run() throws E;
    }

    /**
     * Makes a call inside the gate.
     *
     * @throws StorageException CLOSED with the reason that the gate was closed for
     */
    public <T, E extends Exception> T call(Call<T, E> call) throws E, StorageException {
        enter();
        try {
            return call.run();
        } finally {
            exit();
        }
    }

    /** Makes a call inside the gate; see {@link #call}. */
    public <E extends Exception> void run(Action<E> action) throws E, StorageException {
        enter();
        try {
            action.run();
        } finally {
            exit();
        }
    }

    private void enter() throws StorageException {
        long now;
        do {
            now = state.get();
            if (now < 0) {
                throw refusal();
            }
        } while (!state.compareAndSet(now, now + 1));
    }

    private void exit() {
        if (state.decrementAndGet() == CLOSED) {
            lock.lock();
            try {
                empty.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** A new exception each time: one that is shared would carry the stack of somebody else's call. */
    private StorageException refusal() {
        var why = reason;
        return StorageException.of(why.kind(), why.getMessage(), why.advice());
    }

    /**
     * Lets no new call in and waits for those inside. The gate stays closed whatever the outcome; closing a closed one
     * waits again.
     *
     * @param why what callers are told from now on
     * @param bound the longest to wait
     * @return whether no call is inside any more; false if the bound was reached, as it is when a call closes the gate
     *     that it is itself inside of
     * @throws StorageException INTERRUPTED if the thread was interrupted while waiting
     */
    public boolean close(StorageException why, Duration bound) throws StorageException {
        reason = why;
        state.getAndUpdate(now -> now | CLOSED);
        var left = bound.toNanos();
        lock.lock();
        try {
            while (state.get() != CLOSED) {
                if (state.get() >= 0) {
                    return false; // reopened meanwhile
                }
                if (left <= 0) {
                    return false;
                }
                left = empty.awaitNanos(left);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(
                            StorageException.Kind.INTERRUPTED,
                            "The wait for the calls in the store to end was interrupted")
                    .causedBy(e);
        } finally {
            lock.unlock();
        }
    }

    /** Lets calls in again. */
    public void reopen() {
        state.getAndUpdate(now -> now & ~CLOSED);
    }

    /** Whether calls are refused. */
    public boolean isClosed() {
        return state.get() < 0;
    }

    /** How many calls are inside. */
    public long inside() {
        return state.get() & ~CLOSED;
    }
}
