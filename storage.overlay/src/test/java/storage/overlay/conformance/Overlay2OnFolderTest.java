package storage.overlay.conformance;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.overlay.testing.Overlay2Factory;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.StoreFactory;

class Overlay2OnFolderTest extends LayerStoreConformance {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    @BeforeAll
    static void needsRoot() {
        Require.root();
    }

    @Override
    protected StoreFactory factory() {
        return new Overlay2Factory(FILES.path());
    }
}
