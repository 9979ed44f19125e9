package storage.docker.http;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo.Access;
import storage.api.driver.DriverHome;
import storage.docker.store.EngineStore;
import storage.docker.store.StoreWish;
import storage.linux.Linux;
import storage.selector.gate.GatedStore;
import storage.selector.gate.Inner;
import storage.selector.state.BootId;
import storage.selector.state.Holders;
import storage.vfs.VfsDriver;

/** The store of a plugin without a framework: a backend behind the gate that keeps the holds. */
final class DirectStore implements EngineStore {
    private GatedStore open;

    @Override
    public synchronized void open(StoreWish wish) throws StorageException {
        close();
        var home = new DriverHome(wish.root(), wish.options(), wish.idMaps(), Access.WRITE);
        var inner = new VfsDriver(Linux.syscalls()).open(home);
        try {
            var holders = Holders.forWriting(wish.root(), inner.info().state(), BootId.current());
            open = new GatedStore(new Inner(inner, holders), Duration.ofSeconds(10), () -> {});
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void begin(StoreWish wish) throws StorageException {
        open(wish);
    }

    @Override
    public synchronized LayerStore store() throws StorageException {
        if (open == null) {
            throw StorageException.of(StorageException.Kind.CLOSED, "No engine has initialised this plugin yet");
        }
        return open;
    }

    synchronized Path root() {
        return open.info().root();
    }

    @Override
    public synchronized void close() throws StorageException {
        if (open != null) {
            open.close();
            open = null;
        }
    }
}
