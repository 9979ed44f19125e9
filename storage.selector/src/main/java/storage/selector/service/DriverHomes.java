package storage.selector.service;

import java.nio.file.Path;
import java.util.Map;
import storage.api.IdMaps;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.StoreInfo.Access;
import storage.api.driver.DriverHome;
import storage.linux.Syscalls;
import storage.selector.migrate.Homes;
import storage.selector.migrate.Migration;
import storage.selector.migrate.Steps;

/** The homes of the drivers that are installed. */
final class DriverHomes implements Homes {
    private final Stores stores;

    DriverHomes(Stores stores) {
        this.stores = stores;
    }

    /** The migrations of a root, between these homes. */
    Migration migration(Syscalls linux, Path root) {
        return new Migration(linux, root, this, Steps.NONE);
    }

    @Override
    public StoreInfo info(Path root, String driver) throws StorageException {
        return DriverHome.at(root).info(stores.driver(driver).driver());
    }

    @Override
    public LayerStore open(Path root, String driver, Map<String, String> options) throws StorageException {
        return stores.openHome(stores.driver(driver), new DriverHome(root, options, IdMaps.IDENTITY, Access.WRITE));
    }

    @Override
    public int layers(Path root, String driver) throws StorageException {
        return stores.driver(driver).driver().layers(DriverHome.at(root)).size();
    }
}
