package storage.selector;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * One thing that happened to a configured store; the same is sent as an event, see {@link storage.api.StorageEvents}.
 *
 * @param when when it happened
 * @param kind what it was
 * @param store the store's name
 * @param root its data root; empty if the configuration has none that can be used
 * @param driver the driver after it, empty if there is none
 * @param text one sentence for people
 * @param advice what to do about it, empty if nothing needs doing
 */
public record Happening(
        Instant when, Kind kind, String store, Optional<Path> root, String driver, String text, String advice) {
    /** What can happen to a store. */
    public enum Kind {
        /** It was opened and published. */
        SELECTED,
        /** Its backend is being exchanged. */
        SWAPPING,
        /** Its backend was exchanged. */
        SWAPPED,
        /** It was taken back. */
        WITHDRAWN,
        /** Another backend would be better, and the store stays. */
        BETTER_AVAILABLE,
        /** A changed configuration does not take effect. */
        REFUSED,
        /** The filesystem of its root is nearly full. */
        LOW_SPACE,
        /** A migration goes on. */
        MIGRATION_PROGRESS
    }
}
