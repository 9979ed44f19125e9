package storage.common.store;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import storage.api.LayerId;
import storage.api.StorageException;

/**
 * One lock an id, for one writer or many readers. A lock exists only while somebody holds it or waits for it, so ids
 * that come and go leave nothing. Waiting can be interrupted and ends after a bound.
 */
public final class IdLocks {
    /** A lock that is held; closing it twice is closing it once. To be closed by the thread that took it. */
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
        return take(id, true);
    }

    /** Takes an id together with other readers. */
    public Held share(LayerId id) throws StorageException {
        return take(id, false);
    }

    private Held take(LayerId id, boolean alone) throws StorageException {
        Entry entry;
        synchronized (entries) {
            entry = entries.computeIfAbsent(id, key -> new Entry());
            entry.users++;
        }
        var lock = alone ? entry.lock.writeLock() : entry.lock.readLock();
        var taken = false;
        try {
            taken = lock.tryLock(bound.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(
                            StorageException.Kind.INTERRUPTED, "The wait for layer " + id + " was interrupted")
                    .forLayer(id);
        } finally {
            if (!taken) {
                leave(id, entry);
            }
        }
        if (!taken) {
            throw StorageException.of(
                            StorageException.Kind.TIMEOUT,
                            "Layer " + id + " was not free within " + bound.toSeconds() + " s",
                            "Wait for the other work on it to end")
                    .forLayer(id);
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

    private void leave(LayerId id, Entry entry) {
        synchronized (entries) {
            if (--entry.users == 0) {
                entries.remove(id);
            }
        }
    }

    /** How many ids are locked or waited for. */
    int size() {
        synchronized (entries) {
            return entries.size();
        }
    }
}
