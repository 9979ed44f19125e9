package storage.selector.swap;

import java.io.IOException;
import java.time.Duration;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.selector.StoreRequest;

/**
 * A published store that can be taken to another driver under its consumers. One service within this bundle for each
 * configured store, with the properties {@code storage.name} and {@code storage.root}, for as long as the store is
 * published.
 */
public interface MovableStore {
    /** What is done on disk while nobody is in the store and no backend has it open. */
    @FunctionalInterface
    interface Step {
        void run() throws IOException;
    }

    /** What the store was opened by. */
    StoreRequest request();

    /** The store, as its consumers see it. */
    LayerStore store();

    /**
     * Looks whether it could be taken to a driver at all.
     *
     * @throws StorageException INVALID if the configuration names another driver; CLOSED if the store is not served
     */
    void requireMovable(String driver) throws StorageException;

    /**
     * Lets new calls wait, those inside end, closes the backend, does the step, and opens the store with the driver. Waiting
     * calls go on there. If the step or the opening fails, the store is opened as it was, and the failure thrown.
     *
     * @param driver has to be able to open the root after the step: {@code storage/active} names it, or no layer lies
     *     elsewhere
     * @param bound the longest that calls wait; they fail then, and the store is withdrawn until the step has ended
     * @throws StorageException INVALID if the configuration names another driver; IN_USE if the calls inside did not end
     */
    void moveTo(String driver, Duration bound, Step step) throws StorageException;
}
