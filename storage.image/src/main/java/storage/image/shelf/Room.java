package storage.image.shelf;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import storage.api.StorageException;
import storage.image.meta.Bad;

/**
 * What all image stores of this process over one folder share: the lock on its metadata, and which imports are under way,
 * so that opening a second one does not take them for leftovers. The lock is never held while a layer is filled or
 * removed. Other processes are kept out by the lock of the layer store.
 */
public final class Room {
    private static final Map<Path, Room> ROOMS = new ConcurrentHashMap<>();
    /** The longest wait for the metadata, in seconds: everybody holds them for a few small files only. */
    private static final long PATIENCE = 60;

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<Path> alive = ConcurrentHashMap.newKeySet();
    private final Set<Path> leaving = ConcurrentHashMap.newKeySet();

    private Room() {}

    /** The room of a folder of image metadata. */
    static Room of(Path image) {
        return ROOMS.computeIfAbsent(image.toAbsolutePath().normalize(), path -> new Room());
    }

    /** What is done with the metadata locked. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws java.io.IOException;
    }

    /** Does something while nobody else in this process changes the metadata. */
    public <T> T locked(Work<T> work) throws java.io.IOException {
        try {
            if (!lock.tryLock(PATIENCE, TimeUnit.SECONDS)) {
                throw StorageException.of(
                        StorageException.Kind.TIMEOUT, "The image metadata are in use for more than a minute");
            }
        } catch (InterruptedException e) {
            throw Bad.interrupted("waiting for the image metadata").causedBy(e);
        }
        try {
            return work.run();
        } finally {
            lock.unlock();
        }
    }

    /** Records that were taken out of the layer database and whose layers are being removed in this process. */
    Set<Path> leaving() {
        return leaving;
    }

    /** The journals of what is under way in this process. */
    public Set<Path> alive() {
        return alive;
    }
}
