package storage.vfs;

import java.nio.file.Path;
import java.util.List;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.Setting;
import storage.testkit.store.Settings;
import storage.testkit.store.StoreFactory;

class VfsConformanceTest extends LayerStoreConformance {
    static List<Setting> settings() {
        return Settings.usual();
    }

    @Override
    protected StoreFactory factory(Path place) {
        return new VfsFactory(place);
    }
}
