package storage.overlay.conformance;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.overlay.testing.OverlayFactory;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.StoreFactory;

class OverlayOnFolderTest extends LayerStoreConformance {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    @BeforeAll
    static void needsRoot() {
        Require.root();
    }

    @Override
    protected StoreFactory factory() {
        return new OverlayFactory(FILES.path());
    }
}
