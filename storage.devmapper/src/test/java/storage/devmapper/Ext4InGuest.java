package storage.devmapper;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.Setting;
import storage.testkit.store.StoreFactory;

/** The kit, on a pool on files with ext4; small ones, because the kit reads all that lies in a root. Run by {@link DevmapperConformanceTest}. */
class Ext4InGuest extends LayerStoreConformance {
    static List<Setting> settings() {
        return List.of(new Setting("tmpfs", Setting.Kernel.WHOLE, Setting.Ids.SAME, Setting.ODD));
    }

    @Override
    protected StoreFactory factory(Path place) {
        return new DevmapperFactory(
                place,
                Map.of(
                        "dm.fs", "ext4",
                        "dm.basesize", "64m",
                        "dm.loopdatasize", "400m",
                        "dm.loopmetadatasize", "16m"));
    }
}
