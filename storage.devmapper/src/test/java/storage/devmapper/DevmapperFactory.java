package storage.devmapper;

import java.nio.file.Path;
import java.util.Map;
import storage.api.driver.GraphDriver;
import storage.linux.Syscalls;
import storage.testkit.store.StoreFactory;

/** What the kit has to know of this backend. */
record DevmapperFactory(Path place, Map<String, String> options) implements StoreFactory {
    @Override
    public GraphDriver driver(Syscalls linux) {
        return new GuestDriver(linux);
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
