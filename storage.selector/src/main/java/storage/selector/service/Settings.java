package storage.selector.service;

import java.time.Duration;
import storage.api.StorageException;
import storage.selector.StoreRequest;

/**
 * A configuration that can be used.
 *
 * @param name the store's
 * @param request what is opened
 * @param unmountOnStop whether everything is unmounted when the configuration or the bundle goes
 * @param drain how long running calls may go on when the store has to be closed
 * @param swap how long calls wait at most while the backend is exchanged
 * @param moving what to do about a better driver
 * @param lowSpacePercent below which share of usable space to tell so, in percent
 */
record Settings(
        String name,
        StoreRequest request,
        boolean unmountOnStop,
        Duration drain,
        Duration swap,
        Moving moving,
        int lowSpacePercent) {
    /** What to do about a better driver. */
    enum Moving {
        NEVER,
        EMPTY,
        MIGRATE
    }

    /** @throws StorageException INVALID, naming the attribute and its value */
    static Settings of(StoreConfiguration configuration) throws StorageException {
        return new Settings(
                name(configuration),
                Requests.of(configuration),
                configuration.unmountOnStop(),
                seconds(configuration.drainSeconds()),
                seconds(configuration.swapSeconds()),
                Requests.moving(configuration.moveToBetter()),
                configuration.lowSpacePercent());
    }

    static String name(StoreConfiguration configuration) {
        var given = configuration.storage_name();
        return given == null || given.isBlank() ? StoreConfiguration.DEFAULT_NAME : given.strip();
    }

    private static Duration seconds(int number) {
        return Duration.ofSeconds(Math.max(0, number));
    }

    /** Whether the other's is the same store, opened in another way at most. */
    boolean isOfSameStore(Settings other) {
        return name.equals(other.name)
                && request.root().equals(other.request.root())
                && request.access() == other.request.access()
                && request.idMaps().equals(other.request.idMaps());
    }

    /** Whether the other opens the store in the same way. */
    boolean opensAs(Settings other) {
        return request.equals(other.request);
    }

    /**
     * How long running calls may go on while the backend is exchanged: no longer than when the store is closed, and not all
     * of the time that others wait, so that some is left for the backend to come back.
     */
    Duration swapDrain() {
        var most = swap.multipliedBy(2).dividedBy(3);
        return drain.compareTo(most) < 0 ? drain : most;
    }
}
