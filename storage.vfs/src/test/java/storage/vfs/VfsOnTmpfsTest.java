package storage.vfs;

import org.junit.jupiter.api.extension.RegisterExtension;
import storage.testkit.TestFilesystem;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.StoreFactory;

class VfsOnTmpfsTest extends LayerStoreConformance {
    @RegisterExtension
    static final TestFilesystem TMPFS = TestFilesystem.tmpfs();

    @Override
    protected StoreFactory factory() {
        return new VfsFactory(TMPFS.path());
    }
}
