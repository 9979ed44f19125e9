package storage.selector.state;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The files {@code ROOT/storage/HOME/kept}: one marks a home that a migration left behind as its source. It counts as no
 * store, even if {@code storage/active} is lost.
 */
public final class KeptHomes {
    private KeptHomes() {}

    /**
     * Whether a home is marked.
     *
     * @param home the name of the home's folder below the root
     */
    public static boolean isKept(Path root, String home) {
        return Files.exists(root.resolve("storage").resolve(home).resolve("kept"));
    }
}
