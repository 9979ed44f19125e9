package storage.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.IdMaps;
import storage.overlay.testing.TestStore;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TarMaker;

/** Who owns what when ids are mapped: trees are root's as the layers see it, folders only let its group pass. */
class MappedIdsTest {
    private static final List<IdMaps.Range> RANGE = List.of(new IdMaps.Range(0, 100_000, 65_536));
    private static final int ROOT = 100_000;

    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    private static void isOwned(TestStore test, String path, int uid, int gid, int mode) throws IOException {
        var stat = test.files().stat(path);
        assertThat(List.of(stat.uid, stat.gid, stat.permissions())).as(path).containsExactly(uid, gid, mode);
    }

    @Test
    void overlay2() throws IOException {
        Require.root();
        try (var test = new TestStore(FILES.path(), Overlay2Driver::new).mapping(new IdMaps(RANGE, RANGE))) {
            test.image("image", null, new TarMaker().entry("file", (byte) '0', new byte[0], e -> e.setIds(7, 8)));
            test.readWrite("box", "image");
            isOwned(test, "", 0, ROOT, 0710);
            isOwned(test, "l", 0, 0, 0700);
            isOwned(test, "box", 0, ROOT, 0710);
            isOwned(test, "box/diff", ROOT, ROOT, 0755);
            isOwned(test, "box/work", ROOT, ROOT, 0700);
            isOwned(test, "image/diff/file", ROOT + 7, ROOT + 8, 0644);
            var path = test.store().get(TestStore.id("box"), "");
            isOwned(test, "box/work/work", ROOT, ROOT, 0);
            assertThat(test.files().stat("box/merged").uid).isEqualTo(ROOT);
            test.store().put(TestStore.id("box"));
            assertThat(path).doesNotExist();
        }
    }

    @Test
    void overlay() throws IOException {
        Require.root();
        try (var test = new TestStore(FILES.path(), OverlayDriver::new).mapping(new IdMaps(RANGE, RANGE))) {
            test.image("image", null, new TarMaker().entry("file", (byte) '0', new byte[0], e -> e.setIds(7, 8)));
            test.readWrite("box", "image");
            isOwned(test, "", 0, ROOT, 0710);
            isOwned(test, "image", 0, ROOT, 0710);
            isOwned(test, "image/root", ROOT, ROOT, 0755);
            isOwned(test, "image/root/file", ROOT + 7, ROOT + 8, 0644);
            isOwned(test, "box/upper", ROOT, ROOT, 0755);
            isOwned(test, "box/work", ROOT, ROOT, 0700);
            test.store().get(TestStore.id("box"), "");
            isOwned(test, "box/work/work", ROOT, ROOT, 0);
            test.store().put(TestStore.id("box"));
        }
    }
}
