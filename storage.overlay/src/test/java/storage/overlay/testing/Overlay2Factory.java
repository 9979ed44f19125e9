package storage.overlay.testing;

import java.nio.file.Path;
import java.util.OptionalInt;
import storage.api.driver.GraphDriver;
import storage.linux.Syscalls;
import storage.overlay.v2.Overlay2Driver;
import storage.testkit.store.StoreFactory;

/** The driver {@code overlay2} for the conformance kit. */
public record Overlay2Factory(Path place) implements StoreFactory {
    @Override
    public GraphDriver driver(Syscalls linux) {
        return new Overlay2Driver(linux);
    }

    /** 128 ancestors and the layer itself. */
    @Override
    public OptionalInt depth() {
        return OptionalInt.of(129);
    }
}
