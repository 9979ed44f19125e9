package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.StorageException.Kind;
import storage.image.meta.Digest;

/** Archives that are not what they claim to be. Nothing of them is kept, and no thread. */
class HostileImportTest extends ImageStoreTest {
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar";

    private final Archives.Layout layout = new Archives.Layout();

    @AfterEach
    void nothingIsLeft() throws IOException {
        isClean();
        assertThat(images.images()).isEmpty();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("storage-"));
    }

    private void layoutRefused(Kind kind) {
        refused(() -> bring(layout.tar()), kind);
    }

    @Test
    void blobOfAnotherContent() {
        layout.add(layout.image(Archives.config("amd64", List.of(BASE, TOP)), List.of(BASE, TOP), LAYER, ""));
        var changed = TOP.clone();
        changed[600] ^= 1;
        layout.files.put("blobs/sha256/" + Digest.ofBytes(TOP).hex(), changed);
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @Test
    void layerThatIsNotTheOneOfTheConfiguration() {
        layout.add(layout.image(Archives.config("amd64", List.of(BASE)), List.of(TOP), LAYER, ""));
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @Test
    void compressedBlobWithSomethingBehindIt() {
        var blob = Archives.gzip(TOP);
        layout.add(layout.image(Archives.config("amd64", List.of(TOP)), List.of(blob), LAYER, ""));
        var name = "blobs/sha256/" + Digest.ofBytes(blob).hex();
        var changed = blob.clone();
        changed[changed.length - 1] ^= 1; // the length in the trailer
        layout.files.put(name, changed);
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @Test
    void damagedCompressionOfALargeLayer() {
        var noise = new byte[3 << 20];
        new java.util.Random(2).nextBytes(noise);
        var files = new LinkedHashMap<String, byte[]>();
        files.put("noise", noise);
        var layer = Archives.tar(files);
        for (var blob : List.of(Archives.gzip(layer), Archives.zstd(layer))) {
            var cut = Arrays.copyOf(blob, blob.length / 2);
            var hostile = new Archives.Layout();
            hostile.add(hostile.image(Archives.config("amd64", List.of(layer)), List.of(cut), LAYER, ""));
            refused(() -> bring(hostile.tar()), Kind.BAD_ARCHIVE);
        }
    }

    @Test
    void sizeThatLies() {
        var config =
                layout.blob("application/vnd.oci.image.config.v1+json", Archives.config("amd64", List.of(BASE)), "");
        var layer = layout.blob(LAYER, BASE, "").replace("\"size\":" + BASE.length, "\"size\":" + (BASE.length - 1));
        var manifest = "{\"schemaVersion\":2,\"config\":" + config + ",\"layers\":[" + layer + "]}";
        layout.add(layout.blob(Archives.OCI_MANIFEST, Archives.utf8(manifest), ""));
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sha256:../../../../etc/passwd",
                "../../etc/passwd",
                "sha256:abc",
                "md5:d41d8cd98f00b204e9800998ecf8427e",
                "sha256:ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
                "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                ""
            })
    void digestThatIsNoneOrLeadsNowhere(String digest) {
        layout.add(Archives.Layout.descriptor(Archives.OCI_MANIFEST, digest, 10, ""));
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @Test
    void missingBlob() {
        layout.add(layout.image(Archives.config("amd64", List.of(BASE, TOP)), List.of(BASE, TOP), LAYER, ""));
        layout.files.remove("blobs/sha256/" + Digest.ofBytes(TOP).hex());
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @Test
    void indexesThatGoTooDeep() {
        var descriptor = layout.image(Archives.config("amd64", List.of(BASE)), List.of(BASE), LAYER, "");
        for (var i = 0; i < 20; i++) {
            descriptor = layout.nested(List.of(descriptor), "");
        }
        layout.add(descriptor);
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @Test
    void indexThatFansOut() {
        var descriptor = layout.image(Archives.config("amd64", List.of(BASE)), List.of(BASE), LAYER, "");
        for (var i = 0; i < 7; i++) {
            descriptor = layout.nested(java.util.Collections.nCopies(10, descriptor), "");
        }
        layout.add(descriptor);
        layoutRefused(Kind.LIMIT_EXCEEDED);
    }

    @Test
    void documentThatIsManifestAndIndex() {
        layout.add(layout.blob(
                Archives.OCI_MANIFEST, Archives.utf8("{\"manifests\":[],\"layers\":[],\"config\":{}}"), ""));
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @Test
    void tooManyLayers() {
        var many = java.util.Collections.nCopies(1025, BASE);
        layout.add(layout.image(Archives.config("amd64", many), many, LAYER, ""));
        layoutRefused(Kind.LIMIT_EXCEEDED);
    }

    @Test
    void anotherNumberOfLayersThanTheConfiguration() {
        layout.add(layout.image(Archives.config("amd64", List.of(BASE, TOP)), List.of(BASE), LAYER, ""));
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @Test
    void largeDocumentsAreNotRead() {
        var config = Archives.utf8("{\"x\":\"" + "y".repeat(5 << 20) + "\"}");
        layout.add(layout.image(config, List.of(), LAYER, ""));
        layoutRefused(Kind.LIMIT_EXCEEDED);
        var many = Archives.utf8("{\"x\":[" + "[],".repeat(1 << 20) + "[]]}");
        var second = new Archives.Layout();
        second.add(second.image(many, List.of(), LAYER, ""));
        refused(() -> bring(second.tar()), Kind.LIMIT_EXCEEDED);
        var deep = Archives.utf8("{\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}");
        var third = new Archives.Layout();
        third.add(third.image(deep, List.of(), LAYER, ""));
        refused(() -> bring(third.tar()), Kind.LIMIT_EXCEEDED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{\"rootfs\":1}",
                "{\"rootfs\":{\"diff_ids\":[1]}}",
                "{\"rootfs\":{\"diff_ids\":\"x\"}}"
            })
    void configurationThatIsNone(String config) {
        layout.add(layout.image(Archives.utf8(config), List.of(), LAYER, ""));
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"manifests\":{}}",
                "{\"manifests\":[1]}",
                "{\"manifests\":[{\"digest\":5}]}",
                "{\"manifests\":[]}"
            })
    void indexThatIsNone(String index) {
        layout.files.put("index.json", Archives.utf8(index));
        layoutRefused(Kind.BAD_ARCHIVE);
    }

    @Test
    void otherThings() {
        layout.add(layout.image(Archives.config("amd64", List.of(BASE)), List.of(BASE), LAYER + "+encrypted", ""));
        layoutRefused(Kind.NOT_SUPPORTED);
        var helm = new Archives.Layout();
        helm.add(helm.image(Archives.config("amd64", List.of(BASE)), List.of(BASE), "application/vnd.cncf.helm", ""));
        refused(() -> bring(helm.tar()), Kind.NOT_SUPPORTED);
        refused(() -> bring(Archives.layer("etc/passwd", "x")), Kind.BAD_ARCHIVE);
        refused(() -> bring(new byte[0]), Kind.BAD_ARCHIVE);
        refused(() -> bring("BZh91AY".getBytes(StandardCharsets.US_ASCII)), Kind.NOT_SUPPORTED);
        refused(
                () -> images.importFrom(temp.resolve("nothing"), ANY, storage.image.ImageStore.Progress.NONE),
                Kind.NOT_FOUND);
        refused(() -> bring(Archives.gzip(new byte[0])), Kind.BAD_ARCHIVE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../../etc/passwd", "/etc/passwd", "missing", "", "circle"})
    void dockerLayerThatLeadsElsewhere(String path) {
        var config = Archives.config("amd64", List.of(BASE));
        var files = new LinkedHashMap<String, byte[]>();
        files.put("config.json", config);
        files.put("circle", Archives.utf8("->circle"));
        files.put("manifest.json", Archives.utf8("[{\"Config\":\"config.json\",\"Layers\":[\"" + path + "\"]}]"));
        refused(() -> bring(Archives.tar(files)), Kind.BAD_ARCHIVE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x:1", "UPPER", "a:b:c d", "x\\u0000y"})
    void dockerNamesThatAreNone(String name) {
        var files = Archives.docker("good:1", new ArrayList<>(List.of(BASE)));
        var manifest = new String(files.get("manifest.json"), StandardCharsets.UTF_8).replace("good:1", name);
        files.put("manifest.json", Archives.utf8(manifest));
        refused(() -> bring(Archives.tar(files)), Kind.BAD_ARCHIVE);
    }

    @Test
    void dockerConfigurationOfAnotherDigest() {
        var files = Archives.docker("good:1", List.of(BASE));
        var name = files.keySet().stream()
                .filter(file -> file.endsWith(".json") && !file.startsWith("manifest"))
                .findFirst()
                .orElseThrow();
        files.put(name, Archives.config("arm64", List.of(BASE)));
        refused(() -> bring(Archives.tar(files)), Kind.BAD_ARCHIVE);
    }
}
