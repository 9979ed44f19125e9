package storage.common.store;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import storage.api.LayerId;
import storage.api.StorageException;

/**
 * One lock an id, for one writer or many readers. A lock exists only while somebody holds it or waits for it, so ids
 * that come and go leave nothing. Waiting ends after a bound and can be interrupted; taking what is free cannot, so that
 * an interrupted thread can still give back what it has.
 */
public final class IdLocks {
    /** What is held; closing it twice is closing it once. To be closed by the thread that took it. */
    public interface Held extends AutoCloseable {
        @Override
        void close();
    }

    private static final class Entry {
        final ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);
        /** How many hold it or wait for it; guarded by {@code entries}. */
        int users;
    }

    private final Map<LayerId, Entry> entries = new HashMap<>();
    private final Duration bound;

    /** @param bound the longest that anybody waits for a lock */
    public IdLocks(Duration bound) {
        this.bound = bound;
    }

    /** Takes an id for itself alone. */
    public Held lock(LayerId id) throws StorageException {
        return take(id, true, true);
    }

    /** Takes an id for itself alone, and goes on waiting when interrupted. */
    public Held lockUninterruptibly(LayerId id) throws StorageException {
        return take(id, true, false);
    }

    /** Takes an id together with other readers. */
    public Held share(LayerId id) throws StorageException {
        return take(id, false, true);
    }

    /** Takes several ids, in an order that is the same for everybody, so that no two wait for each other. */
    public Held take(Set<LayerId> alone, Set<LayerId> shared) throws StorageException {
        var ids = new TreeSet<>(alone);
        ids.addAll(shared);
        var held = new ArrayDeque<Held>();
        try {
            for (var id : ids) {
                held.push(take(id, alone.contains(id), true));
            }
        } catch (StorageException e) {
            held.forEach(Held::close);
            throw e;
        }
        return () -> held.forEach(Held::close);
    }

    private Held take(LayerId id, boolean alone, boolean interruptible) throws StorageException {
        Entry entry;
        synchronized (entries) {
            entry = entries.computeIfAbsent(id, key -> new Entry());
            entry.users++;
        }
        Lock lock = alone ? entry.lock.writeLock() : entry.lock.readLock();
        var taken = false;
        try {
            taken = waitFor(lock, id, interruptible);
        } finally {
            if (!taken) {
                leave(id, entry);
            }
        }
        var closed = new boolean[1];
        return () -> {
            if (!closed[0]) {
                closed[0] = true;
                lock.unlock();
                leave(id, entry);
            }
        };
    }

    private boolean waitFor(Lock lock, LayerId id, boolean interruptible) throws StorageException {
        var interrupted = Thread.interrupted();
        try {
            if (interrupted && lock.tryLock()) {
                return true;
            }
            if (interrupted && interruptible) {
                throw interrupted(id);
            }
            var end = System.nanoTime() + bound.toNanos();
            while (true) {
                try {
                    if (lock.tryLock(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                        return true;
                    }
                    throw timeout(id);
                } catch (InterruptedException e) {
                    interrupted = true;
                    if (interruptible) {
                        throw interrupted(id).causedBy(e);
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static StorageException interrupted(LayerId id) {
        return StorageException.of(StorageException.Kind.INTERRUPTED, "The wait for layer " + id + " was interrupted")
                .forLayer(id);
    }

    private StorageException timeout(LayerId id) {
        return StorageException.of(
                        StorageException.Kind.TIMEOUT,
                        "Layer " + id + " was not free within " + bound.toSeconds() + " s",
                        "Wait for the other work on it to end")
                .forLayer(id);
    }

    private void leave(LayerId id, Entry entry) {
        synchronized (entries) {
            if (--entry.users == 0) {
                entries.remove(id);
            }
        }
    }

    /** Whether a thread other than this one holds an id or waits for it. */
    public boolean isTakenByOthers(LayerId id) {
        synchronized (entries) {
            var entry = entries.get(id);
            return entry != null && !entry.lock.isWriteLockedByCurrentThread();
        }
    }

    /** How many ids are locked or waited for. */
    int size() {
        synchronized (entries) {
            return entries.size();
        }
    }
}
