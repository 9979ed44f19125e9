package storage.overlay.conformance;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import storage.overlay.testing.Overlay2Factory;
import storage.testkit.Require;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.Setting;
import storage.testkit.store.Settings;
import storage.testkit.store.StoreFactory;

class Overlay2ConformanceTest extends LayerStoreConformance {
    static List<Setting> settings() {
        return Settings.with(new Setting.Kernel("that redirects", RedirectingKernel::around));
    }

    @BeforeAll
    static void needsRoot() {
        Require.root();
    }

    @Override
    protected StoreFactory factory(Path place) {
        return new Overlay2Factory(place);
    }
}
