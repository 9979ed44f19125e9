package storage.overlay.v2;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.LayerOptions;
import storage.api.driver.DriverHome;
import storage.common.store.RecordedLayerStore;
import storage.linux.Fd;
import storage.linux.PathBytes;
import storage.overlay.support.Features;
import storage.overlay.testing.TestStore;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TreeMaker;

/** A kernel that redirects renamed directories (moby#34342): the upper directory does not tell all, comparing does. */
class RedirectedDirectoriesTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.tmpfs();

    @BeforeAll
    static void needsRoot() {
        Require.root();
    }

    @Test
    void differencesAreToldByComparing() throws IOException {
        var root = Files.createDirectory(FILES.path().resolve("root"));
        var linux = TestStore.LINUX;
        var home = DriverHome.at(root).info(new Overlay2Driver(linux));
        var features = new Features("tmpfs", true, false, List.of("index=off", "redirect_dir=on"));
        var low = TestStore.id("low");
        var box = TestStore.id("box");
        var backend = new Overlay2Backend(linux, home, features, Overlay2Options.parse(java.util.Map.of()));
        try (var store = RecordedLayerStore.open(linux, home, backend)) {
            store.createReadWrite(low, Optional.empty(), LayerOptions.NONE);
            try (var mount = store.mount(low)) {
                new TreeMaker(linux, mount.path()).directory("d").file("d/deep", "x");
            }
            store.createReadWrite(box, Optional.of(low), LayerOptions.NONE);
            try (var mount = store.mount(box)) {
                assertThat(new TreeMaker(linux, mount.path()).rename("d", "moved"))
                        .isZero();
            }
            assertThat(Files.exists(home.home().resolve("box/diff/moved/deep"))).isFalse();
            assertThat(store.changes(box, Optional.of(low))).hasToString("[D /d, A /moved, A /moved/deep]");
            assertThat(store.status()).containsEntry("Native Overlay Diff", "false");
            store.cleanup();
        }
        try (var folder = Fd.directory(linux, PathBytes.text(FILES.path()))) {
            storage.common.tree.TreeRemoval.remove(linux, folder.number(), storage.api.FileNames.encode("root"));
        }
    }
}
