package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.image.ImageStore.ImportOptions;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;

class ImportTest extends ImageStoreTest {
    enum Outer {
        PLAIN,
        GZIP,
        ZSTD;

        byte[] of(byte[] plain) {
            return switch (this) {
                case PLAIN -> plain;
                case GZIP -> Archives.gzip(plain);
                case ZSTD -> Archives.zstd(plain);
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void layoutFromStreamAndFile(Outer outer) throws IOException {
        var archive = outer.of(Archives.layout("app:1", List.of(BASE, MIDDLE)).tar());
        var image = bring(archive).get(0);
        assertThat(image.id()).isEqualTo(Archives.id(Archives.config("amd64", List.of(BASE, MIDDLE))));
        assertThat(image.names()).containsExactly("app:1");
        assertThat(image.diffIds())
                .containsExactly(
                        Digest.ofBytes(BASE).toString(), Digest.ofBytes(MIDDLE).toString());
        assertThat(image.size()).isEqualTo(6 + 3 + 3000);
        assertThat(image.created()).contains("2020-01-02T03:04:05.678Z");
        assertThat(layers.layer(image.layers().get(1)).orElseThrow().parent())
                .contains(image.layers().get(0));
        assertThat(images.images()).containsExactly(image);

        var file = Files.write(temp.resolve("archive"), archive);
        assertThat(images.importFrom(file, ANY, Progress.NONE)).containsExactly(image);
        assertThat(layers.layers()).hasSize(2);
        assertThat(FolderLayers.tree(root.resolve("storage/tmp"))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void compressedLayers(Outer inner) throws IOException {
        var plain = List.of(BASE, MIDDLE, TOP);
        var layout = new Archives.Layout();
        layout.add(layout.image(
                Archives.config("amd64", plain),
                plain.stream().map(inner::of).toList(),
                "application/vnd.docker.image.rootfs.diff.tar.gzip",
                ""));
        var folder = layout.folder(temp.resolve("layout"));
        var image = images.importFrom(folder, as("some/thing"), Progress.NONE).get(0);
        assertThat(image.names()).containsExactly("some/thing:latest");
        assertThat(layers.archive(image.top().orElseThrow())).hasBinaryContent(TOP);
    }

    @Test
    void largeCompressedLayerGoesThroughAThread() throws IOException {
        var random = new byte[3 << 20];
        new java.util.Random(1).nextBytes(random);
        var files = new LinkedHashMap<String, byte[]>();
        files.put("noise", random);
        var layer = Archives.tar(files);
        var layout = new Archives.Layout();
        layout.add(layout.image(
                Archives.config("amd64", List.of(layer)),
                List.of(Archives.gzip(layer)),
                "application/vnd.oci.image.layer.v1.tar+gzip",
                ""));
        var steps = new ArrayList<String>();
        images.importFrom(layout.folder(temp.resolve("layout")), as("big"), (step, done, total) -> steps.add(step));
        assertThat(layers.archive(images.image("big").layers().get(0))).hasBinaryContent(layer);
        assertThat(steps).contains("layer 1 of 1 " + Digest.ofBytes(layer).brief());
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().equals("storage-unpack"));
    }

    @Test
    void dockerArchivesOfBothForms() throws IOException {
        var old = bring(Archives.tar(Archives.docker("old:1", List.of(BASE, MIDDLE, BASE))))
                .get(0);
        assertThat(old.names()).containsExactly("old:1");
        assertThat(old.diffIds().get(2)).isEqualTo(old.diffIds().get(0));

        var config = Archives.config("amd64", List.of(BASE, TOP));
        var files = new LinkedHashMap<String, byte[]>();
        var paths = new ArrayList<String>();
        for (var blob : List.of(BASE, TOP, config)) {
            var path = "blobs/sha256/" + Digest.ofBytes(blob).hex();
            files.put(path, blob);
            paths.add(path);
        }
        files.put(
                "manifest.json",
                Archives.utf8(
                        "[{\"Config\":\"%s\",\"RepoTags\":[\"new:1\",\"docker.io/library/new:2\"],\"Layers\":[\"%s\",\"%s\"]}]"
                                .formatted(paths.get(2), paths.get(0), paths.get(1))));
        var image = bring(Archives.tar(files)).get(0);
        assertThat(image.names()).containsExactly("new:1", "new:2");
        assertThat(image.layers().get(0)).as("shared").isEqualTo(old.layers().get(0));
        assertThat(layers.layers()).hasSize(4);
    }

    @Test
    void sharedChainsAreNotAppliedAgain() throws IOException {
        var one = bring("one:1", BASE, MIDDLE);
        var applied = new ArrayList<String>();
        layers.watch(applied::add);
        var two = bring("two:1", BASE, MIDDLE, TOP);
        assertThat(applied).filteredOn("apply"::equals).hasSize(1);
        assertThat(two.layers()).startsWith(one.layers().get(0), one.layers().get(1));
        var usage = images.usage();
        assertThat(usage).extracting(use -> use.shared()).containsExactly(3009L, 3009L);
        assertThat(usage).extracting(use -> use.unique()).containsExactly(0L, 7L);
    }

    @Test
    void platformsOfNestedIndexes() throws IOException {
        var layout = new Archives.Layout();
        var type = "application/vnd.oci.image.layer.v1.tar";
        var amd =
                layout.image(Archives.config("amd64", List.of(BASE)), List.of(BASE), type, Archives.platform("amd64"));
        var arm = layout.image(Archives.config("arm64", List.of(TOP)), List.of(TOP), type, Archives.platform("arm64"));
        var attestation = layout.image(
                Archives.config("unknown", List.of()),
                List.of(),
                type,
                ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}");
        var inner = layout.nested(List.of(arm, attestation), "");
        layout.add(layout.nested(List.of(amd, inner), Archives.named("docker.io/library/multi:1")));
        var archive = layout.tar();

        var wanted = new ImportOptions(Optional.empty(), Optional.of("linux/arm64"));
        var image = bring(archive, wanted).get(0);
        assertThat(image.architecture()).isEqualTo("arm64");
        assertThat(image.names()).containsExactly("multi:1");
        refused(() -> bring(archive, new ImportOptions(Optional.empty(), Optional.of("linux/s390x"))), Kind.NOT_FOUND);
        refused(() -> bring(archive, new ImportOptions(Optional.empty(), Optional.of("s390x"))), Kind.INVALID);
    }

    @Test
    void severalImagesInOneSource() throws IOException {
        var layout = Archives.layout("one:1", List.of(BASE));
        layout.add(layout.image(
                Archives.config("amd64", List.of(BASE, TOP)),
                List.of(BASE, TOP),
                "application/vnd.oci.image.layer.v1.tar",
                Archives.named("two:1")));
        refused(() -> bring(layout.tar(), as("three")), Kind.INVALID);
        assertThat(bring(layout.tar()))
                .extracting(image -> image.names().get(0))
                .containsExactly("one:1", "two:1");
        assertThat(images.images()).hasSize(2);
    }

    @Test
    void referencesResolve() throws IOException {
        var image = bring("app:1", BASE);
        assertThat(images.image("docker.io/library/app:1")).isEqualTo(image);
        assertThat(images.image(image.id())).isEqualTo(image);
        assertThat(images.image(image.id().substring(7, 19))).isEqualTo(image);
        assertThat(images.configuration("app:1")).isEqualTo(Archives.config("amd64", List.of(BASE)));
        refused(() -> images.image("app"), Kind.NOT_FOUND);
        refused(() -> images.image(image.id().substring(7, 10)), Kind.NOT_FOUND);
        refused(() -> images.image("../../etc"), Kind.NOT_FOUND);
        images.tag("app:1", "quay.io/x/y:z");
        assertThat(images.image("quay.io/x/y:z").names()).containsExactly("app:1", "quay.io/x/y:z");
        var other = bring("other:1", TOP);
        images.tag(other.id(), "app:1");
        assertThat(images.image("app:1").id()).isEqualTo(other.id());
        assertThat(images.image(image.id()).names()).containsExactly("quay.io/x/y:z");
    }

    @Test
    void metadataAreTheEngines() throws IOException {
        var image = bring("app:1", BASE, MIDDLE);
        var folder = root.resolve("image/fake");
        var chains = ImageConfig.chains(List.of(Digest.ofBytes(BASE), Digest.ofBytes(MIDDLE)));
        var layer = folder.resolve("layerdb/sha256").resolve(chains.get(1).hex());
        assertThat(layer.resolve("diff")).hasContent(Digest.ofBytes(MIDDLE).toString());
        assertThat(layer.resolve("parent")).hasContent(chains.get(0).toString());
        assertThat(layer.resolve("size")).hasContent("3000");
        assertThat(Files.readString(layer.resolve("cache-id")))
                .isEqualTo(image.layers().get(1).value());
        assertThat(layer.resolve("tar-split.json.gz")).isNotEmptyFile();
        assertThat(folder.resolve("layerdb/sha256").resolve(chains.get(0).hex()).resolve("parent"))
                .doesNotExist();
        assertThat(folder.resolve("imagedb/content/sha256").resolve(image.id().substring(7)))
                .hasBinaryContent(Archives.config("amd64", List.of(BASE, MIDDLE)));
        assertThat(folder.resolve("repositories.json"))
                .hasContent("{\"Repositories\":{\"app\":{\"app:1\":\"" + image.id() + "\"}}}");
        assertThat(mode(folder)).isEqualTo("rwx------");
        assertThat(mode(folder.resolve("layerdb"))).isEqualTo("rwx------");
        assertThat(mode(folder.resolve("layerdb/sha256"))).isEqualTo("rwxr-xr-x");
        assertThat(mode(layer)).isEqualTo("rwx------");
        assertThat(mode(layer.resolve("diff"))).isEqualTo("rw-r--r--");
        assertThat(mode(folder.resolve("repositories.json"))).isEqualTo("rw-------");
        assertThat(mode(folder.resolve("imagedb/metadata/sha256"))).isEqualTo("rwx------");
    }

    private static String mode(java.nio.file.Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void readersSeeAndRefuse() throws IOException {
        var image = bring("app:1", BASE);
        var before = FolderLayers.tree(root);
        var reader = StoredImages.over(new FolderLayers(root, StoreInfo.Access.READ));
        assertThat(reader.images()).containsExactly(image);
        refused(() -> reader.tag("app:1", "b"), Kind.CLOSED);
        refused(() -> reader.delete("app:1", false), Kind.CLOSED);
        refused(() -> reader.importFrom(temp, ANY, Progress.NONE), Kind.CLOSED);
        refused(() -> reader.adopt(new LayerId("x"), image), Kind.CLOSED);
        assertThat(reader.prune(true).layers()).isEmpty();
        assertThat(FolderLayers.tree(root)).isEqualTo(before);
    }

    @Test
    void archiveOfALayerMayBeCompressed() throws IOException {
        for (var archive : List.of(BASE, Archives.gzip(BASE), Archives.zstd(BASE))) {
            var layer = new LayerId("layer-" + archive.length);
            layers.create(layer, Optional.empty(), LayerOptions.NONE);
            assertThat(images.apply(layer, new ByteArrayInputStream(archive)))
                    .isEqualTo(layers.diffSize(layer, Optional.empty()));
            assertThat(layers.diffSize(layer, Optional.empty())).isPositive();
        }
        var layer = new LayerId("other");
        layers.create(layer, Optional.empty(), LayerOptions.NONE);
        var xz = new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 1, 2};
        assertThatThrownBy(() -> images.apply(layer, new ByteArrayInputStream(xz)))
                .hasMessageContaining("with xz");
    }
}
