package storage.selector.gate;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import storage.api.StorageException;

/**
 * Counts the calls that are inside a store, so that the store can be exchanged when there are none. A closed gate makes
 * new calls wait up to a deadline; one whose deadline has passed refuses them.
 *
 * <p><b>No call slips past a closed gate.</b> Everything is one word, {@code state}: the lowest bits count the calls
 * inside, the highest bit says closed. A call enters by a compare-and-set that raises the count of a word whose closed bit
 * is clear; {@link #hold} sets the bit by an atomic change of the same word. The word's changes have one order. An entry
 * before the bit is in the count that {@link #drain} sees and waits for; an entry after it would have to replace a word
 * with the bit set, which its condition excludes. From then on the count only falls, so once it is 0 no call is inside and
 * none comes until {@link #open}. A call that has waited is let in by nothing but the same compare-and-set. The atomic word
 * also orders memory: what a call did before it left is visible to whoever finds the count at 0, and what was done
 * before {@code open} is visible to whoever enters after it.
 *
 * <p><b>Calls inside calls.</b> A thread may call again while its call is inside, from the stream that it fills a layer
 * from for one. Such a call passes whatever the gate's state, because waiting would be for itself: the outer call, which is
 * counted, cannot end before it. It is no way past a closed gate: an entry in {@code inside} exists only while its
 * thread's outer call is counted, and is looked at by that thread alone. For the same reason {@link #drain} does not wait
 * for the call that its own thread is in.
 *
 * <p><b>No wake-up is lost.</b> The bit changes under {@code lock} only, and waiting calls look at it under {@code lock}
 * before each wait. A closer looks at the count under {@code lock} before each wait; a call that leaves a closed gate
 * changes the word first and then takes {@code lock} to signal: either the closer looks after the change, or it is waiting,
 * and has released the lock, when the signal comes.
 */
public final class CallGate {
    private static final long CLOSED = Long.MIN_VALUE;

    private final AtomicLong state = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** How deep each thread inside is in calls of its own: 1 and more. */
    private final Map<Thread, Integer> inside = new ConcurrentHashMap<>();
    /** Guarded by {@code lock}; written before the bit is set. */
    private Closing closing;

    /** Null for nothing. */
    private volatile Runnable whenEmpty;

    /**
     * How the gate is closed.
     *
     * @param why what calls are told that come or still wait at the deadline
     * @param deadline by {@link System#nanoTime}; it has passed already in a gate that lets nobody wait
     */
    private record Closing(StorageException why, long deadline) {}

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
     * Makes a call inside the gate, when it is open.
     *
     * @throws StorageException the reason that the gate was closed for, if it did not open in time; INTERRUPTED if the
     *     thread was interrupted while it waited
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
        var self = Thread.currentThread();
        if (inside.computeIfPresent(self, (thread, depth) -> depth + 1) != null) {
            return;
        }
        while (!tryToEnter()) {
            awaitOpening();
        }
        inside.put(self, 1);
    }

    private boolean tryToEnter() {
        long now;
        do {
            now = state.get();
            if (now < 0) {
                return false;
            }
        } while (!state.compareAndSet(now, now + 1));
        return true;
    }

    private void exit() {
        if (inside.computeIfPresent(Thread.currentThread(), (thread, depth) -> depth == 1 ? null : depth - 1) != null) {
            return;
        }
        var left = state.decrementAndGet();
        if (left < 0) {
            lock.lock();
            try {
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
        var action = left == CLOSED ? whenEmpty : null;
        if (action != null) {
            action.run();
        }
    }

    private void awaitOpening() throws StorageException {
        lock.lock();
        try {
            while (isClosed()) {
                var left = closing.deadline() - System.nanoTime();
                if (left <= 0) {
                    throw refusal(closing.why());
                }
                changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            throw interrupted("The wait for the store, which is being exchanged, was interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    /** A new exception each time: one that is shared would carry the stack of somebody else's call. */
    private static StorageException refusal(StorageException why) {
        return StorageException.of(why.kind(), why.getMessage(), why.advice());
    }

    private static StorageException interrupted(String what, InterruptedException cause) {
        Thread.currentThread().interrupt();
        return StorageException.of(StorageException.Kind.INTERRUPTED, what).causedBy(cause);
    }

    /**
     * Lets no new call in: they wait until {@link #open}, at most this long from now, and then fail. Calls that wait
     * already are under the new deadline too.
     *
     * @param why what they fail with
     */
    public void hold(StorageException why, Duration bound) {
        lock.lock();
        try {
            closing = new Closing(why, System.nanoTime() + bound.toNanos());
            state.getAndUpdate(now -> now | CLOSED);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Refuses new calls from now on, and those that wait. */
    public void shut(StorageException why) {
        hold(why, Duration.ZERO);
    }

    /**
     * Waits until the calls inside a closed gate have left, except that of this thread. The gate stays closed whatever the
     * outcome.
     *
     * @param bound the longest to wait
     * @return whether no call is inside any more; false at the bound, or if the call of this thread is the one left
     * @throws StorageException INTERRUPTED if the thread was interrupted while waiting
     */
    public boolean drain(Duration bound) throws StorageException {
        var own = isInside() ? 1 : 0;
        var left = bound.toNanos();
        lock.lock();
        try {
            while (isClosed() && inside() > own && left > 0) {
                left = changed.awaitNanos(left);
            }
            return isClosed() && inside() == 0;
        } catch (InterruptedException e) {
            throw interrupted("The wait for the calls in the store to end was interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has something done each time when the last call has left the closed gate, on that call's thread; at once if none is
     * inside. It may be done twice for one and the same emptiness.
     */
    public void whenEmpty(Runnable action) {
        whenEmpty = action;
        if (state.get() == CLOSED) {
            action.run();
        }
    }

    /** Lets calls in again. */
    public void open() {
        lock.lock();
        try {
            whenEmpty = null;
            state.getAndUpdate(now -> now & ~CLOSED);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether new calls wait or are refused. */
    public boolean isClosed() {
        return state.get() < 0;
    }

    /** Whether this thread is in a call. */
    public boolean isInside() {
        return inside.containsKey(Thread.currentThread());
    }

    /** How many calls are inside; those inside others do not count. */
    public long inside() {
        return state.get() & ~CLOSED;
    }
}
