package storage.selector.service;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.selector.StoreRequest;
import storage.selector.choice.Choice;
import storage.selector.choice.Offer;
import storage.selector.gate.GatedStore;
import storage.selector.gate.Inner;
import storage.selector.news.History;
import storage.selector.swap.Mover;

/** What configured stores need of the selector, within the bundle. */
interface Stores {
    /** Is told when drivers come and go, on the thread that brings or takes them. */
    interface Watcher {
        /** A driver is about to go. All are told before the first has to let go of it: calls in all of them end meanwhile. */
        void driverLeaving(Offer offer);

        /** A driver is about to go: nothing may call it when this returns. */
        void driverLeft(Offer offer);

        /** The drivers are others now. */
        void driversChanged();
    }

    /** An open store and the driver that opened it. */
    record Opened(Inner inner, Offer offer) {}

    /**
     * Selects, opens, and remembers what became of it.
     *
     * @param name the store's name, empty for one that has none
     */
    Opened open(String name, StoreRequest request) throws StorageException;

    /** Opens with a driver that was chosen before, and remembers nothing. */
    Opened open(Offer offer, StoreRequest request) throws StorageException;

    /** What would be selected; see {@link Choice#make}. */
    Choice choose(StoreRequest request);

    /** The drivers that are there, in the order in which they are tried. */
    List<Offer> offers();

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

    /** Where to tell what happens. */
    History history();

    /** Who moves stores that have layers, if there is anybody. */
    Optional<Mover> mover();

    void watch(Watcher watcher);

    void unwatch(Watcher watcher);
}
