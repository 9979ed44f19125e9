package storage.selector;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * What became of an opening, kept so that it can be shown long after.
 *
 * @param when when it was tried
 * @param store the name that a configuration gives the store, empty for one that was opened directly
 * @param root the data root; empty if the configuration has none that can be used
 * @param selection the reasoning as far as it went; candidates that did not matter were not judged
 * @param problem one sentence if the store could not be opened or is not there any more, else empty
 * @param advice what the user can do about it, empty if nothing is known to help
 */
public record Opening(
        Instant when,
        String store,
        Optional<Path> root,
        Optional<Selection> selection,
        Optional<String> problem,
        String advice) {}
