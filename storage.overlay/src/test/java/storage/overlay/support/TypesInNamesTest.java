package storage.overlay.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.Verdict.Outcome;
import storage.overlay.testing.TestStore;
import storage.overlay.v2.Overlay2Driver;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;

/** A filesystem that does not tell types with names (moby#10294): refused, unless somebody lives there already. */
class TypesInNamesTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.image("ext4", "-O", "^filetype,^dir_index");

    @BeforeAll
    static void needsRoot() {
        Require.root();
    }

    @Test
    void isRefusedForANewHomeAndAllowedForOneWithLayers() throws IOException {
        try (var test = new TestStore(FILES.path(), Overlay2Driver::new)) {
            var driver = new Overlay2Driver(TestStore.LINUX);
            var home = test.driverHome(StoreInfo.Access.WRITE);
            assertThat(driver.check(home).outcome()).isEqualTo(Outcome.INCOMPATIBLE_FILESYSTEM);
            assertThat(driver.check(home).advice()).contains("ftype=1");
            assertThat(driver.check(home.readOnly()).outcome())
                    .isIn(Outcome.INCOMPATIBLE_FILESYSTEM, Outcome.SUPPORTED);
            assertThatThrownBy(test::store)
                    .isInstanceOfSatisfying(
                            StorageException.class,
                            e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.INCOMPATIBLE_FILESYSTEM));
            // an empty home is no prior state, a layer is
            Files.createDirectories(test.home().resolve("l"));
            assertThat(driver.check(home).isSupported()).isFalse();
            Files.createDirectories(test.home().resolve("old-layer/diff"));
            assertThat(driver.check(home).isSupported()).isTrue();
            assertThat(driver.check(home).reason()).contains("d_type");
            assertThat(test.store().status()).containsEntry("Supports d_type", "false");
            assertThat(test.store().layers()).hasSize(1);
        }
    }
}
