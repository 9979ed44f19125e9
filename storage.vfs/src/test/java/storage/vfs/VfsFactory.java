package storage.vfs;

import java.nio.file.Path;
import storage.api.driver.GraphDriver;
import storage.linux.Syscalls;
import storage.testkit.store.StoreFactory;

/** What the kit has to know of this backend. */
record VfsFactory(Path place) implements StoreFactory {
    @Override
    public GraphDriver driver(Syscalls linux) {
        return new VfsDriver(linux);
    }

    @Override
    public boolean mounts() {
        return false;
    }

    @Override
    public boolean linksParents() {
        return false;
    }
}
