package storage.overlay.testing;

import java.nio.file.Path;
import storage.api.driver.GraphDriver;
import storage.linux.Syscalls;
import storage.overlay.v1.OverlayDriver;
import storage.testkit.store.StoreFactory;

/** The driver {@code overlay} for the conformance kit. */
public record OverlayFactory(Path place) implements StoreFactory {
    @Override
    public GraphDriver driver(Syscalls linux) {
        return new OverlayDriver(linux);
    }

    @Override
    public boolean linksParents() {
        return false;
    }
}
