package storage.selector;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import storage.api.StorageException;

/**
 * Moves stores from one backend to another.
 *
 * <p>Every layer is copied, parents first, under its own id, and the tree that the copy shows is compared with the
 * original's by digest. The metadata of the images goes along. Until everything is there and verified, the old store is
 * the store; then one file, {@code ROOT/storage/active}, changes. What was copied before an interruption is compared again
 * by the next call and used on, so a migration can be broken off at any moment, by whatever means.
 *
 * <p>The old home stays, marked as left behind, until {@link #clean}.
 */
@ProviderType
public interface Migrations {
    /**
     * What is wanted.
     *
     * @param root the data root
     * @param to the driver to move to
     * @param options options of the driver that the store has now, as it was opened with
     * @param newOptions options of the driver to move to
     * @param patience how long to wait for layers that are held
     * @param dropOptions whether layers may lose storage options, such as a size, that the new driver does not take
     * @param discardSource whether the old home is removed at the end
     */
    record Request(
            Path root,
            String to,
            Map<String, String> options,
            Map<String, String> newOptions,
            Duration patience,
            boolean dropOptions,
            boolean discardSource) {
        public Request {
            root = root.normalize();
            Objects.requireNonNull(to);
            options = Map.copyOf(options);
            newOptions = Map.copyOf(newOptions);
            Objects.requireNonNull(patience);
        }

        /** A migration with nothing special. */
        public static Request of(Path root, String to) {
            return new Request(root, to, Map.of(), Map.of(), Duration.ZERO, false, false);
        }
    }

    /**
     * What a migration did.
     *
     * @param from the driver that the store had
     * @param to the driver that it has now
     * @param copied how many layers were copied by this call
     * @param reused how many had been copied by an earlier call, and were found equal
     * @param bytes the size of the archives of what was copied
     * @param sourceKept whether the old home is still there
     * @param notes what the user should know besides, a sentence each
     */
    record Result(String from, String to, int copied, int reused, long bytes, boolean sourceKept, List<String> notes) {
        public Result {
            notes = List.copyOf(notes);
        }
    }

    /**
     * A migration that was begun and has not come to its end.
     *
     * @param from the driver that the store has
     * @param to the driver that it is to have
     */
    record Unfinished(String from, String to) {}

    /** What is told while layers are copied. Called from working threads, one at a time; must be quick. */
    @FunctionalInterface
    interface Progress {
        /** Nobody watches. */
        Progress NONE = (step, bytes) -> {};

        /**
         * @param step what is being done, such as {@code layer 3 of 12: copying 3f4a...}
         * @param bytes how much has been copied so far
         */
        void at(String step, long bytes);
    }

    /**
     * Moves a store, or goes on with a migration that was broken off.
     *
     * @throws StorageException IN_USE with the list of layers that are held or mounted; INVALID if the store has that
     *     driver already, if another migration was begun, or if the new driver's home holds layers of its own;
     *     NOT_SUPPORTED for layers that cannot be moved, listed; LOCKED if the store is open; DAMAGED if a copy is not
     *     equal to its original; what the drivers throw. The store is on its old driver then, and whole
     */
    Result migrate(Request request, Progress progress) throws StorageException;

    /** The migration of a root that was broken off. */
    Optional<Unfinished> unfinished(Path root) throws StorageException;

    /**
     * Gives up a migration that was broken off: removes what it had copied.
     *
     * @param options options of the driver that it went to
     * @return what was given up; empty if there was none
     */
    Optional<Unfinished> abandon(Path root, Map<String, String> options) throws StorageException;

    /**
     * Removes the homes that migrations left behind, with everything in them.
     *
     * @param options options of their drivers, such as {@code dm.thinpooldev}; those with a prefix of another driver's are
     *     left out for each
     * @return the names of their drivers
     */
    List<String> clean(Path root, Map<String, String> options) throws StorageException;
}
