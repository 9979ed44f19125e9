package storage.overlay.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.driver.DriverHome;
import storage.api.driver.Verdict.Outcome;
import storage.overlay.testing.TestStore;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.testkit.TestFilesystem;

/** btrfs is refused by the one driver, as it always was, and taken by the other, as the engine does. */
class BtrfsTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.image("btrfs");

    @Test
    void isNoPlaceForWholeTreesButForDifferences() throws IOException {
        var verdict = new OverlayDriver(TestStore.LINUX).check(DriverHome.at(FILES.path()));
        assertThat(verdict.outcome()).isEqualTo(Outcome.INCOMPATIBLE_FILESYSTEM);
        assertThat(verdict.reason()).contains("btrfs");
        assertThat(verdict.advice()).contains("btrfs driver");
        try (var test = new TestStore(FILES.path(), Overlay2Driver::new)) {
            test.readWrite("a", null);
            test.readWrite("b", "a");
            test.inside("b", tree -> tree.file("file", "x"));
            assertThat(test.changes("b", "a")).containsExactly("A /file");
            assertThat(test.store().status()).containsEntry("Backing Filesystem", "btrfs");
        }
    }
}
