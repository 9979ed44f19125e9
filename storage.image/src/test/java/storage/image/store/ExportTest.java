package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.image.ImageStore.Compression;
import storage.image.ImageStore.Format;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;

class ExportTest extends ImageStoreTest {
    @ParameterizedTest
    @EnumSource
    void layoutComesBackTheSame(Compression compression) throws IOException {
        var image = bring("app:1", BASE, MIDDLE, TOP);
        var archive = export("app:1", Format.OCI, compression);
        assertThat(export("app:1", Format.OCI, compression)).as("repeated").isEqualTo(archive);
        var index = new String(members(archive).get("index.json"), StandardCharsets.UTF_8);
        assertThat(index).contains("\"org.opencontainers.image.ref.name\":\"app:1\"");
        assertSameElsewhere(archive, image);
    }

    @Test
    void dockerArchiveComesBackTheSame() throws IOException {
        var image = bring("app:1", BASE, MIDDLE, BASE);
        var archive = export("app:1", Format.DOCKER, Compression.NONE);
        var members = members(archive);
        assertThat(members.get(image.id().substring(7) + ".json"))
                .isEqualTo(Archives.config("amd64", List.of(BASE, MIDDLE, BASE)));
        assertThat(members.keySet())
                .contains("manifest.json", "repositories")
                .filteredOn(name -> name.endsWith("/layer.tar"))
                .hasSize(3);
        assertThat(members.values().stream().filter(content -> java.util.Arrays.equals(content, BASE)))
                .hasSize(1);
        assertSameElsewhere(archive, image);
    }

    private void assertSameElsewhere(byte[] archive, storage.image.ImageStore.Image image) throws IOException {
        var other = StoredImages.over(FolderLayers.at(Files.createDirectories(temp.resolve("other"))));
        var again = other.importFrom(new ByteArrayInputStream(archive), ANY, Progress.NONE)
                .get(0);
        assertThat(again.id()).isEqualTo(image.id());
        assertThat(again.diffIds()).isEqualTo(image.diffIds());
        assertThat(again.names()).isEqualTo(image.names());
    }

    /** The ids of the oldest form, which an engine derives from chain and configuration: of a layer without either. */
    @Test
    void oldIdsAreTheEngines() throws IOException {
        bring("app:1", BASE, MIDDLE);
        var members = members(export("app:1", Format.DOCKER, Compression.NONE));
        var expected =
                "{\"container_config\":{\"Hostname\":\"\",\"Domainname\":\"\",\"User\":\"\",\"AttachStdin\":false,"
                        + "\"AttachStdout\":false,\"AttachStderr\":false,\"Tty\":false,\"OpenStdin\":false,\"StdinOnce\":false,"
                        + "\"Env\":null,\"Cmd\":null,\"Image\":\"\",\"Volumes\":null,\"WorkingDir\":\"\",\"Entrypoint\":null,"
                        + "\"OnBuild\":null,\"Labels\":null},\"created\":\"1970-01-01T00:00:00Z\",\"layer_id\":\""
                        + Digest.ofBytes(BASE) + "\"}";
        assertThat(members).containsKey(Digest.ofBytes(Archives.utf8(expected)).hex() + "/layer.tar");
    }

    @Test
    void byIdThereIsNoName() throws IOException {
        var image = bring("app:1", BASE);
        var members = members(export(image.id(), Format.DOCKER, Compression.NONE));
        assertThat(members).doesNotContainKey("repositories");
        assertThat(new String(members.get("manifest.json"), StandardCharsets.UTF_8))
                .contains("\"RepoTags\":null");
    }

    @Test
    void readersExportBesideAWriter() throws IOException {
        bring("app:1", BASE, TOP);
        var before = FolderLayers.tree(root);
        var reader = StoredImages.over(new FolderLayers(root, StoreInfo.Access.READ));
        var out = new ByteArrayOutputStream();
        reader.export("app:1", Format.OCI, Compression.ZSTD, out, Progress.NONE);
        assertThat(out.toByteArray()).isEqualTo(export("app:1", Format.OCI, Compression.ZSTD));
        assertThat(FolderLayers.tree(root)).isEqualTo(before);
    }

    @Test
    void damagedLayerIsNamed() throws IOException {
        var image = bring("app:1", BASE, TOP);
        damage(image.layers().get(1));
        for (var format : Format.values()) {
            assertThatThrownBy(() -> export("app:1", format, Compression.NONE))
                    .isInstanceOfSatisfying(StorageException.class, e -> {
                        assertThat(e.kind()).isEqualTo(Kind.DAMAGED);
                        assertThat(e.layer()).contains(image.layers().get(1));
                    });
        }
        refused(() -> images.diff(image.layers().get(1), new ByteArrayOutputStream()), Kind.DAMAGED);
    }

    @Test
    void diffIsWhatWasBroughtIn() throws IOException {
        var image = bring("app:1", BASE, TOP);
        var out = new ByteArrayOutputStream();
        images.diff(image.layers().get(0), out);
        assertThat(out.toByteArray()).isEqualTo(BASE);
    }

    private void damage(storage.api.LayerId layer) throws IOException {
        var file = layers.archive(layer);
        var bytes = Files.readAllBytes(file);
        bytes[512] ^= 1;
        Files.write(file, bytes);
    }

    static Map<String, byte[]> members(byte[] archive) throws IOException {
        var members = new LinkedHashMap<String, byte[]>();
        try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                members.put(entry.getName(), tar.readAllBytes());
            }
        }
        return members;
    }
}
