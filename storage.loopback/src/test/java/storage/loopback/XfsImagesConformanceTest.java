package storage.loopback;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.Setting;
import storage.testkit.store.Settings;
import storage.testkit.store.StoreFactory;

/** Where the filesystem below shares blocks: children are made by reflink. */
class XfsImagesConformanceTest extends LayerStoreConformance {
    static List<Setting> settings() {
        // each image takes a while on these: usually two settings that differ in everything
        return "pairs".equals(System.getProperty(Settings.MATRIX, "pairs"))
                ? List.of(
                        new Setting("xfs", Setting.Kernel.WHOLE, Setting.Ids.SAME, Setting.ODD),
                        new Setting(
                                "btrfs",
                                Setting.Kernel.WITHOUT_OPENAT2,
                                Setting.Ids.SHIFTED,
                                Setting.PLAIN,
                                LoopbackFactory.NO_CORPUS))
                : Settings.of(List.of("xfs", "btrfs"), List.of());
    }

    @Override
    protected StoreFactory factory(Path place) {
        return factory(place, "");
    }

    @Override
    protected StoreFactory factory(Path place, String variant) {
        var options = Map.of("loopback.fs", "xfs", "loopback.size", "320m");
        return new LoopbackFactory(place, options, !variant.equals(LoopbackFactory.NO_CORPUS));
    }
}
