package storage.aufs;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import storage.testkit.Require;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.Setting;
import storage.testkit.store.Settings;
import storage.testkit.store.StoreFactory;

class AufsConformanceTest extends LayerStoreConformance {
    static List<Setting> settings() {
        return Settings.usual();
    }

    @BeforeAll
    static void needsRoot() {
        Require.root();
        AufsFactory.refuseFakeIfDemanded();
    }

    @Override
    protected StoreFactory factory(Path place) {
        return new AufsFactory(place);
    }
}
