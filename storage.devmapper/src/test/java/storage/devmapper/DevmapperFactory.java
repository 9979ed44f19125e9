package storage.devmapper;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import storage.api.driver.GraphDriver;
import storage.linux.Syscalls;
import storage.testkit.store.StoreFactory;

/** What the kit has to know of this backend. */
record DevmapperFactory(Path place, Map<String, String> options) implements StoreFactory {
    private static final int DEEP = 12;

    @Override
    public GraphDriver driver(Syscalls linux) {
        return new GuestDriver(linux);
    }

    /** A device knows nothing of those below it, and each takes a second under emulation. */
    @Override
    public int deepTest() {
        return DEEP;
    }

    @Override
    public boolean linksParents() {
        return false;
    }

    @Override
    public boolean hidesFilling() {
        return true;
    }

    @Override
    public void beforeRemoval(Path root) throws IOException {
        GivenPools.remove(root);
    }
}
