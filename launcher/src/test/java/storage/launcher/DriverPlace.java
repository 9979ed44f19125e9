package storage.launcher;

import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import storage.testkit.TestFilesystem;

/** Where the data roots of a test lie: in a folder where any driver works but btrfs, which gets a filesystem in a file. */
final class DriverPlace implements AfterEachCallback {
    private TestFilesystem btrfs;

    Path of(String driver, Path folder) throws Exception {
        if (!driver.equals("btrfs")) {
            return folder;
        }
        var made = TestFilesystem.image("btrfs");
        made.beforeAll(null);
        btrfs = made;
        return btrfs.path();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        if (btrfs != null) {
            btrfs.afterAll(null);
            btrfs = null;
        }
    }
}
