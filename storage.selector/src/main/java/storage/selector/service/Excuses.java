package storage.selector.service;

import java.time.Duration;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;

/** What callers are told when a backend is exchanged and that does not go as it should. */
final class Excuses {
    private Excuses() {}

    /** A call has waited as long as it may. */
    static StorageException tooLong(StoreInfo info, Duration bound) {
        return StorageException.of(
                Kind.TIMEOUT,
                "The store at " + info.root() + " was not back after " + seconds(bound) + ": its driver '"
                        + info.driver() + "' is being exchanged",
                "Start the bundle of the driver; mounts were left as they are");
    }

    /** The driver has not come back. */
    static StorageException tooLate(StoreInfo info, Duration bound, StorageException problem) {
        var waited = "The store at " + info.root() + " was withdrawn after " + seconds(bound) + ": ";
        return StorageException.of(Kind.CLOSED, waited + inner(problem.getMessage()), problem.advice());
    }

    /** A stream took longer than the store could wait. */
    static StorageException streamEnded(StoreInfo info, Duration drain) {
        return StorageException.of(
                Kind.TIMEOUT,
                "The stream was ended after " + seconds(drain) + ": the driver '" + info.driver() + "' of the store at "
                        + info.root() + " is being exchanged",
                "Begin it again: what it had done was undone");
    }

    /** Calls do not end, so that what is served cannot be exchanged. */
    static StorageException callsStay(StoreInfo info) {
        return StorageException.of(
                Kind.IN_USE,
                "Calls in the store at " + info.root() + " did not end in time, so it goes on with '" + info.driver()
                        + "'",
                "Try again when they have ended");
    }

    static String staysBecause(String driver, String better, boolean never) {
        return "The driver '" + better + "' works here and has a higher priority than '" + driver
                + "', but the store stays: " + (never ? "moveToBetter is never" : "it has layers");
    }

    private static String seconds(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    private static String inner(String sentence) {
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }
}
