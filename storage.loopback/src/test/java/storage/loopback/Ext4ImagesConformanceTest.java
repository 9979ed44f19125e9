package storage.loopback;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.Setting;
import storage.testkit.store.Settings;
import storage.testkit.store.StoreFactory;

/** Where the filesystem below shares no blocks: children are made by copies of what is no hole. */
class Ext4ImagesConformanceTest extends LayerStoreConformance {
    static List<Setting> settings() {
        return Settings.of(List.of("ext4", "tmpfs"), List.of());
    }

    @Override
    protected StoreFactory factory(Path place) {
        return new LoopbackFactory(place, Map.of("loopback.fs", "ext4", "loopback.size", "64m"));
    }
}
