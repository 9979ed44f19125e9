package storage.selector.service;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageEvents;
import storage.api.StorageException;
import storage.selector.Happening;
import storage.selector.Happening.Kind;

/** Tells what happens to one store: to the log, to the history, and so to whoever listens for events. */
final class StoreNews {
    private static final Logger LOG = LoggerFactory.getLogger(StoreNews.class);

    private final Stores stores;
    private final String name;
    private final Optional<Path> root;
    /** The last problem that was logged, so that each is logged once. Used by one change of the store at a time. */
    private String logged = "";

    StoreNews(Stores stores, String name, Optional<Path> root) {
        this.stores = stores;
        this.name = name;
        this.root = root;
    }

    void selected(String driver) {
        logged = "";
        tell(Kind.SELECTED, driver, "The store is open on " + driver, "", Map.of());
    }

    void swapping(String driver, String why) {
        LOG.info("The store '{}'{}: {}; calls wait", name, place(), why);
        tell(Kind.SWAPPING, driver, why, "", Map.of());
    }

    void swapped(String before, String driver, long millis) {
        logged = "";
        var text = before.equals(driver)
                ? "The store goes on with " + driver + " after " + millis + " ms"
                : "The store went from " + before + " to " + driver + " in " + millis + " ms";
        LOG.info("The store '{}'{}: {}", name, place(), text);
        tell(
                Kind.SWAPPED,
                driver,
                text,
                "",
                Map.of(StorageEvents.PREVIOUS_DRIVER, before, StorageEvents.MILLIS, millis));
    }

    void withdrawn(StorageException why) {
        problem(why);
        stores.remember(name, root, why);
        tell(Kind.WITHDRAWN, "", why.getMessage(), why.advice(), Map.of());
    }

    void better(String driver, String other, String text, String advice) {
        LOG.warn("The store '{}'{}: {}. {}", name, place(), text, advice);
        tell(Kind.BETTER_AVAILABLE, driver, text, advice, Map.of(StorageEvents.BETTER_DRIVER, other));
    }

    void refused(String driver, StorageException why) {
        var text = "The changed configuration does not take effect: " + why.getMessage();
        LOG.error("The store '{}'{}: {}. {}", name, place(), text, why.advice());
        stores.remember(name, root, why);
        tell(Kind.REFUSED, driver, text, why.advice(), Map.of());
    }

    void lowSpace(String driver, long usable) {
        var text = "Only " + (usable >> 20) + " MiB of the filesystem of the root are usable";
        var advice = "Free space: 'storage prune' removes what nothing needs";
        LOG.warn("The store '{}'{}: {}. {}", name, place(), text, advice);
        tell(Kind.LOW_SPACE, driver, text, advice, Map.of(StorageEvents.USABLE_BYTES, usable));
    }

    /** The store is not available. */
    void problem(StorageException e) {
        var text = text(e);
        if (!text.equals(logged)) {
            logged = text;
            LOG.error("The store '{}'{} is not available: {}", name, place(), text);
        }
    }

    void notUnmounted(StorageException e) {
        LOG.warn("The store '{}' could not unmount everything: {}", name, text(e));
    }

    void unexpected(String what, Exception e) {
        LOG.warn("The store '{}'{}: {}: {}", name, place(), what, e.getMessage());
    }

    private void tell(Kind kind, String driver, String text, String advice, Map<String, Object> more) {
        stores.history().tell(new Happening(Instant.now(), kind, name, root, driver, text, advice), more);
    }

    private String place() {
        return root.map(path -> " at " + path).orElse("");
    }

    private static String text(StorageException e) {
        return e.advice().isEmpty() ? e.getMessage() : e.getMessage() + ". " + e.advice();
    }
}
