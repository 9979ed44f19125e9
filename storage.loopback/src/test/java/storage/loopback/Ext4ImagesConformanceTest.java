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
        // each image takes a while: usually two settings that differ in everything
        return "pairs".equals(System.getProperty(Settings.MATRIX, "pairs"))
                ? List.of(
                        new Setting("ext4", Setting.Kernel.WHOLE, Setting.Ids.SHIFTED, Setting.PLAIN),
                        new Setting(
                                "tmpfs",
                                Setting.Kernel.WITHOUT_OPENAT2,
                                Setting.Ids.SAME,
                                Setting.ODD,
                                LoopbackFactory.NO_CORPUS))
                : Settings.of(List.of("ext4", "tmpfs"), List.of());
    }

    @Override
    protected StoreFactory factory(Path place) {
        return factory(place, "");
    }

    @Override
    protected StoreFactory factory(Path place, String variant) {
        var options = Map.of("loopback.fs", "ext4", "loopback.size", "64m");
        return new LoopbackFactory(place, options, !variant.equals(LoopbackFactory.NO_CORPUS));
    }
}
