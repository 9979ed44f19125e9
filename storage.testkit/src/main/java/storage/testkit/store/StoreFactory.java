package storage.testkit.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import storage.api.driver.GraphDriver;
import storage.linux.Syscalls;

/**
 * What a backend's tests tell the kit: how to make the driver, where to work, and what the layout can and cannot do. The
 * driver's class has a constructor with {@link Syscalls} alone, so that other processes can make one too.
 */
public interface StoreFactory {
    /** A new driver on these system calls. */
    GraphDriver driver(Syscalls linux);

    /** An existing folder on the filesystem to test; the kit makes a fresh root below it for each test. */
    Path place();

    /** Driver options that stores are opened with. */
    default Map<String, String> options() {
        return Map.of();
    }

    /** The most layers that can stand on each other, if there is a limit. */
    default OptionalInt depth() {
        return OptionalInt.empty();
    }

    /** How many layers the kit puts on each other where there is no limit: more than any kernel lets one mount. */
    default int deepTest() {
        return 130;
    }

    /** Whether a layer with a parent is shown by a mount, which can be seen in the mount table and outlives a process. */
    default boolean mounts() {
        return true;
    }

    /** Whether nothing can be written through the mount of an image layer that has a parent. */
    default boolean readOnlyImages() {
        return mounts();
    }

    /** Whether the corpus of hostile archives is tried: hundreds of cases, each with a layer or more of its own. */
    default boolean triesCorpus() {
        return true;
    }

    /** Whether the home itself says what a layer stands on. */
    default boolean linksParents() {
        return true;
    }

    /** Whether a root may have blanks, colons, commas and backslashes in its name. */
    default boolean oddRoots() {
        return true;
    }

    /** The longest name that a file in a layer can have, in bytes. */
    default int longestName() {
        return 255;
    }

    /** Whether nobody can see a layer while it is filled, so that nobody can change it either. */
    default boolean hidesFilling() {
        return false;
    }

    /** Called before a data root, of which the stores are closed, is removed by plain calls: to undo what they cannot. */
    default void beforeRemoval(Path root) throws IOException {}
}
