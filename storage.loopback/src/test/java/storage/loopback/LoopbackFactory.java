package storage.loopback;

import java.nio.file.Path;
import java.util.Map;
import storage.api.driver.GraphDriver;
import storage.linux.Syscalls;
import storage.testkit.store.StoreFactory;

/**
 * What the kit has to know of this backend.
 *
 * @param triesCorpus once for each kind of image is enough: nothing of where the images lie can be seen in them
 */
record LoopbackFactory(Path place, Map<String, String> options, boolean triesCorpus) implements StoreFactory {
    /** The variant of settings that leave the corpus of hostile archives to others. */
    static final String NO_CORPUS = "without the corpus";

    /** Each stands on its own: nothing grows with the depth but the time of the test. */
    private static final int DEEP = 40;

    @Override
    public int deepTest() {
        return DEEP;
    }

    @Override
    public GraphDriver driver(Syscalls linux) {
        return new LoopbackDriver(linux);
    }

    @Override
    public boolean linksParents() {
        return false;
    }

    @Override
    public boolean hidesFilling() {
        return true;
    }
}
