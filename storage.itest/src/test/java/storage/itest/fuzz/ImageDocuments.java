package storage.itest.fuzz;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.IdMaps;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.image.ImageStore;
import storage.image.ImageStore.ImportOptions;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;
import storage.image.store.OpenImages;
import storage.testkit.hostile.RawTar;
import storage.vfs.VfsDriver;

/**
 * Any bytes as one document of an image archive whose other parts are good, or as the archive itself. What is imported
 * goes out again and can be removed.
 */
public final class ImageDocuments {
    private static final Arena ARENA = new Arena();
    private static final ImageStore IMAGES = open();
    private static final byte[] LAYER = new RawTar().file("f", "x").bytes();
    private static final String OCI = "application/vnd.oci.image.";
    private static final String CONFIG = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
            + "\"diff_ids\":[\"" + Digest.ofBytes(LAYER) + "\"]}}";

    private ImageDocuments() {}

    private static ImageStore open() {
        try {
            var root = Files.createDirectory(ARENA.folder.resolve("root"));
            var options = Map.of("archive.max_bytes", "16m");
            return new OpenImages()
                    .over(new VfsDriver(ARENA.linux)
                            .open(new DriverHome(root, options, IdMaps.IDENTITY, StoreInfo.Access.WRITE)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length == 0) {
            return;
        }
        var archive = archive(data[0], Arrays.copyOfRange(data, 1, data.length));
        ARENA.run(() -> {
            try {
                bring(archive, data[0] % 2 == 0);
            } finally {
                remove();
            }
        });
    }

    private static void bring(byte[] archive, boolean named) throws IOException {
        var options = new ImportOptions(named ? Optional.of("name") : Optional.empty(), Optional.empty());
        for (var image : IMAGES.importFrom(new ByteArrayInputStream(archive), options, Progress.NONE)) {
            IMAGES.configuration(image.id());
            IMAGES.image(image.id());
        }
        IMAGES.usage();
    }

    private static void remove() throws IOException {
        for (var image : IMAGES.images()) {
            IMAGES.delete(image.id(), true);
        }
        var left = IMAGES.layers().layers();
        if (!left.isEmpty() || !IMAGES.unusable().isEmpty()) {
            throw new IllegalStateException("left: " + left + IMAGES.unusable());
        }
    }

    private static byte[] archive(byte which, byte[] data) {
        return switch ((which & 0xff) / 2 % 7) {
            case 0 -> docker(data, utf8(CONFIG));
            case 1 ->
                docker(utf8("[{\"Config\":\"config.json\",\"RepoTags\":[\"a:1\"],\"Layers\":[\"layer.tar\"]}]"), data);
            case 2 -> layout(data, utf8(CONFIG), new byte[0], new byte[0]);
            case 3 -> layout(null, utf8(CONFIG), data, new byte[0]);
            case 4 -> layout(null, data, new byte[0], new byte[0]);
            case 5 -> layout(null, utf8(CONFIG), new byte[0], data);
            default -> data;
        };
    }

    /** One good document for each place. */
    static List<byte[]> seeds() {
        var digest = "sha256:" + "0".repeat(64);
        var documents = List.of(
                "[{\"Config\":\"config.json\",\"RepoTags\":[\"a:1\"],\"Layers\":[\"layer.tar\"]}]",
                CONFIG,
                "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" + OCI + "manifest.v1+json\",\"digest\":\""
                        + digest + "\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}",
                "{\"schemaVersion\":2,\"config\":{\"digest\":\"" + digest + "\",\"size\":1},\"layers\":[]}",
                CONFIG,
                "{\"schemaVersion\":2,\"manifests\":[]}");
        var seeds = new ArrayList<byte[]>();
        for (var i = 0; i < documents.size(); i++) {
            seeds.add(utf8((char) (2 * i) + documents.get(i)));
        }
        var whole = docker(utf8(documents.get(0)), utf8(CONFIG));
        var seed = new byte[whole.length + 1];
        seed[0] = 12;
        System.arraycopy(whole, 0, seed, 1, whole.length);
        seeds.add(seed);
        return seeds;
    }

    private static byte[] docker(byte[] manifest, byte[] config) {
        return new RawTar()
                .file("layer.tar", LAYER)
                .file("config.json", config)
                .file("manifest.json", manifest)
                .bytes();
    }

    /** An empty array stands for a good document, null for a good index. */
    private static byte[] layout(byte[] index, byte[] config, byte[] manifest, byte[] nested) {
        var tar = new RawTar().file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
        var layers = blob(tar, "layer.v1.tar", LAYER);
        var good = utf8("{\"schemaVersion\":2,\"config\":" + blob(tar, "config.v1+json", config) + ",\"layers\":["
                + layers + "]}");
        var top = blob(tar, "manifest.v1+json", manifest.length == 0 ? good : manifest);
        if (nested.length > 0) {
            top = blob(tar, "index.v1+json", nested);
        }
        return tar.file("index.json", index != null ? index : utf8("{\"schemaVersion\":2,\"manifests\":[" + top + "]}"))
                .bytes();
    }

    private static String blob(RawTar tar, String type, byte[] content) {
        var digest = Digest.ofBytes(content);
        tar.file("blobs/sha256/" + digest.hex(), content);
        return "{\"mediaType\":\"" + OCI + type + "\",\"digest\":\"" + digest + "\",\"size\":" + content.length + "}";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
