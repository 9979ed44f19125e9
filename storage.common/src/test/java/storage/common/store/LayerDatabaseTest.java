package storage.common.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StoreInfo;

class LayerDatabaseTest {
    private static final String ONE = "1".repeat(64);
    private static final String TWO = "2".repeat(64);

    @TempDir
    Path root;

    private StoreInfo info() {
        return new StoreInfo(
                "d",
                root,
                root.resolve("d"),
                root.resolve("image/d"),
                root.resolve("storage/d"),
                IdMaps.IDENTITY,
                StoreInfo.Access.READ);
    }

    private void write(String path, String content) throws IOException {
        writeAt(root.resolve("image/d/layerdb").resolve(path), content);
    }

    private static void writeAt(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private static LayerDatabase.Known known(String parent, Layer.Kind kind) {
        return new LayerDatabase.Known(Optional.ofNullable(parent).map(LayerId::new), kind);
    }

    private Optional<LayerDatabase.Known> find(String id) throws IOException {
        return LayerDatabase.read(info()).find(new LayerId(id));
    }

    @Test
    void imagesAndContainersAreRead() throws Exception {
        write("sha256/" + ONE + "/cache-id", "low");
        write("sha256/" + TWO + "/cache-id", "high\n");
        write("sha256/" + TWO + "/parent", "sha256:" + ONE);
        write("mounts/c1/mount-id", "box");
        write("mounts/c1/init-id", "box-init");
        write("mounts/c1/parent", "sha256:" + TWO);
        write("mounts/c2/mount-id", "bare");
        write("mounts/c3/mount-id", "plain");
        write("mounts/c3/parent", "sha256:" + ONE);
        assertThat(find("low")).contains(known(null, Layer.Kind.IMAGE));
        assertThat(find("high")).contains(known("low", Layer.Kind.IMAGE));
        assertThat(find("box")).contains(known("box-init", Layer.Kind.READ_WRITE));
        assertThat(find("box-init")).contains(known("high", Layer.Kind.READ_WRITE));
        assertThat(find("bare")).contains(known(null, Layer.Kind.READ_WRITE));
        assertThat(find("plain")).contains(known("low", Layer.Kind.READ_WRITE));
        assertThat(find("other")).isEmpty();
        assertThat(LayerDatabase.read(info()).isPresent()).isTrue();
    }

    @Test
    void whatIsMissingOrBrokenIsUnknownAndNeverGuessed() throws Exception {
        assertThat(LayerDatabase.read(info()).isPresent()).isFalse();
        write("sha256/" + ONE + "/cache-id", "");
        write("sha256/" + TWO + "/cache-id", "high");
        write("sha256/" + TWO + "/parent", "sha256:" + ONE);
        write("sha256/stray", "a file");
        write("mounts/c1/mount-id", "../../etc");
        write("mounts/c2/mount-id", "box");
        write("mounts/c2/parent", "sha256:" + "3".repeat(64));
        assertThat(find("high")).isEmpty();
        assertThat(find("box")).isEmpty();
    }

    @Test
    void ourOwnRecordsTellTheParentWhereTheEngineTellsNothing() throws Exception {
        var containers = root.resolve("storage/d/containers");
        writeAt(containers.resolve("box.json"), "{\"image\":\"sha256:x\",\"chain\":\"\",\"parent\":\"low\"}");
        writeAt(containers.resolve("older.json"), "{\"image\":\"sha256:x\",\"chain\":\"\"}");
        writeAt(containers.resolve("cut.json"), "{\"image");
        writeAt(containers.resolve("odd.json"), "{\"parent\":\"../x\"}");
        writeAt(containers.resolve("no record"), "");
        assertThat(find("box")).contains(known("low", Layer.Kind.READ_WRITE));
        assertThat(find("older")).isEmpty();
        assertThat(find("cut")).isEmpty();
        assertThat(find("odd")).isEmpty();
        write("mounts/c1/mount-id", "box");
        assertThat(find("box")).as("the engine knows better").contains(known(null, Layer.Kind.READ_WRITE));
    }
}
