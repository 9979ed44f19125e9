package storage.selector.service;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.selector.StoreRequest;
import storage.selector.choice.Offer;
import storage.selector.gate.GatedStore;

/** What configured stores need of the selector, within the bundle. */
interface Stores {
    /** Is told when drivers come and go, on the thread that brings or takes them. */
    interface Watcher {
        /** A driver is about to go: nothing may call it when this returns. */
        void driverLeft(Offer offer);

        /** The drivers are others now. */
        void driversChanged();
    }

    /** An open store and the driver below it. */
    record Opened(GatedStore store, Offer offer) {}

    /**
     * Selects, opens, and remembers what became of it.
     *
     * @param name the store's name, empty for one that has none
     * @param drain how long closing waits for running calls
     */
    Opened open(String name, StoreRequest request, Duration drain) throws StorageException;

    /**
     * An installed driver.
     *
     * @throws StorageException PREREQUISITES or INVALID if there is none of that name
     */
    Offer driver(String name) throws StorageException;

    /** Opens a driver's home, whatever a selection would say, and records nothing. The store is closed if the driver leaves. */
    GatedStore openHome(Offer driver, DriverHome home) throws StorageException;

    /** Remembers that a store could not be opened, or is gone. */
    void remember(String name, Optional<Path> root, StorageException problem);

    void watch(Watcher watcher);

    void unwatch(Watcher watcher);
}
