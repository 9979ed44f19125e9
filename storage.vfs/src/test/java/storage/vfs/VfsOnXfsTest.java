package storage.vfs;

import org.junit.jupiter.api.extension.RegisterExtension;
import storage.testkit.TestFilesystem;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.StoreFactory;

class VfsOnXfsTest extends LayerStoreConformance {
    @RegisterExtension
    static final TestFilesystem XFS = TestFilesystem.image("xfs");

    @Override
    protected StoreFactory factory() {
        return new VfsFactory(XFS.path());
    }
}
