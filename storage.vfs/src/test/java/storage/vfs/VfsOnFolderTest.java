package storage.vfs;

import org.junit.jupiter.api.extension.RegisterExtension;
import storage.testkit.TestFilesystem;
import storage.testkit.store.LayerStoreConformance;
import storage.testkit.store.StoreFactory;

class VfsOnFolderTest extends LayerStoreConformance {
    @RegisterExtension
    static final TestFilesystem FOLDER = TestFilesystem.folder();

    @Override
    protected StoreFactory factory() {
        return new VfsFactory(FOLDER.path());
    }
}
