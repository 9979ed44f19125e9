package storage.btrfs;

import java.nio.file.Path;
import java.util.List;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.Setting;
import storage.testkit.store.Settings;
import storage.testkit.store.StoreFactory;

class BtrfsConformanceTest extends LayerStoreConformance {
    static List<Setting> settings() {
        return Settings.of(List.of("btrfs"), List.of(new Setting.Kernel("without tree search", NoTreeSearch::around)));
    }

    @Override
    protected StoreFactory factory(Path place) {
        return new BtrfsFactory(place);
    }
}
