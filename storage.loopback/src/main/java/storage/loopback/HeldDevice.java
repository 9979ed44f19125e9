package storage.loopback;

import java.nio.file.Path;
import storage.linux.Fd;

/** A loop device that is open, so that it does not go even if nothing else uses it. */
record HeldDevice(Path path, Fd fd) implements AutoCloseable {
    @Override
    public void close() {
        fd.close();
    }
}
