package storage.image.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import storage.api.StorageException.Kind;
import storage.image.meta.Digest;

/** Image archives that lie about themselves: what they do, and how they are refused. */
final class HostileImages {
    /**
     * A case.
     *
     * @param name what documentation and failures call it
     * @param kind how it is refused
     * @param archive makes it
     */
    record ImageCase(String name, Kind kind, Supplier<byte[]> archive) {}

    static final byte[] LAYER = Archives.layer("etc/", "", "etc/motd", "hello\n");
    private static final String TAR = "application/vnd.oci.image.layer.v1.tar";
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";

    private final List<ImageCase> cases = new ArrayList<>();

    private HostileImages() {}

    static List<ImageCase> all() {
        var all = new HostileImages();
        all.digests();
        all.sizes();
        all.names();
        all.cycles();
        all.missing();
        all.layers();
        all.documents();
        return all.cases;
    }

    private void add(String name, Kind kind, Supplier<byte[]> archive) {
        cases.add(new ImageCase(name, kind, archive));
    }

    /** A layout whose index leads to one descriptor. */
    private static byte[] leading(String descriptor) {
        return new Archives.Layout().add(descriptor).tar();
    }

    private static Archives.Layout good() {
        var layout = new Archives.Layout();
        return layout.add(layout.image(Archives.config("amd64", List.of(LAYER)), List.of(LAYER), TAR, ""));
    }

    /** A layout whose manifest is this text, with the layer and its configuration beside it. */
    private static byte[] manifest(String format) {
        var layout = new Archives.Layout();
        var config = layout.blob(CONFIG, Archives.config("amd64", List.of(LAYER)), "");
        var layer = layout.blob(TAR, LAYER, "");
        var manifest = format.replace("CONFIG", config).replace("LAYER", layer);
        return layout.add(layout.blob(Archives.OCI_MANIFEST, Archives.utf8(manifest), ""))
                .tar();
    }

    private void digests() {
        var hex = "0123456789abcdef".repeat(4);
        for (var digest : List.of(
                "",
                "sha256",
                "sha256:",
                "sha256:abc",
                "sha256:" + hex + "0",
                "sha256:" + hex.toUpperCase(java.util.Locale.ROOT),
                "sha256:" + hex + "\\n",
                "sha256:../../../../../../../../etc/passwd",
                "../../etc/passwd",
                "/etc/passwd",
                "sha512:" + hex,
                "md5:d41d8cd98f00b204e9800998ecf8427e",
                "sha256+b64:x",
                "sha256:" + "x".repeat(100_000))) {
            add(
                    "digest-that-is-none " + digest.substring(0, Math.min(30, digest.length())),
                    Kind.BAD_ARCHIVE,
                    () -> leading(Archives.Layout.descriptor(Archives.OCI_MANIFEST, digest, 10, "")));
        }
        add(
                "digest-of-a-layer-that-is-none",
                Kind.BAD_ARCHIVE,
                () -> manifest("{\"schemaVersion\":2,\"config\":CONFIG," + "\"layers\":[{\"mediaType\":\"" + TAR
                        + "\",\"digest\":\"sha256:../../x\",\"size\":1}]}"));
        add("digest-of-a-layer-in-the-configuration-that-is-none", Kind.BAD_ARCHIVE, () -> {
            var layout = new Archives.Layout();
            var config = "{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:../../../x\"]}}";
            return layout.add(layout.image(Archives.utf8(config), List.of(LAYER), TAR, ""))
                    .tar();
        });
        add("digest-of-other-bytes", Kind.BAD_ARCHIVE, () -> {
            var layout = good();
            var changed = LAYER.clone();
            changed[600] ^= 1;
            layout.files.put("blobs/sha256/" + Digest.ofBytes(LAYER).hex(), changed);
            return layout.tar();
        });
        add("digest-of-another-layer-in-the-configuration", Kind.BAD_ARCHIVE, () -> {
            var layout = new Archives.Layout();
            var other = Archives.config("amd64", List.of(Archives.layer("other", "x")));
            return layout.add(layout.image(other, List.of(LAYER), TAR, "")).tar();
        });
    }

    private void sizes() {
        for (var size :
                List.of("0", "-1", "1e3", "9223372036854775807", "99999999999999999999", "\"10\"", "null", "[]")) {
            add("size-that-lies " + size, Kind.BAD_ARCHIVE, () -> {
                var layout = new Archives.Layout();
                var config = layout.blob(CONFIG, Archives.config("amd64", List.of(LAYER)), "");
                var layer = layout.blob(TAR, LAYER, "").replace("\"size\":" + LAYER.length, "\"size\":" + size);
                var manifest = "{\"schemaVersion\":2,\"config\":" + config + ",\"layers\":[" + layer + "]}";
                return layout.add(layout.blob(Archives.OCI_MANIFEST, Archives.utf8(manifest), ""))
                        .tar();
            });
        }
        add("size-of-the-manifest-that-lies", Kind.BAD_ARCHIVE, () -> {
            var layout = good();
            var index = Archives.Layout.indexOf(layout.index).replaceAll("\"size\":[0-9]+", "\"size\":1");
            layout.files.put("index.json", Archives.utf8(index));
            return layout.tar();
        });
        add("size-of-a-member-that-lies", Kind.BAD_ARCHIVE, () -> {
            var tar = good().tar();
            return java.util.Arrays.copyOf(tar, tar.length - 12 * 512);
        });
    }

    private void names() {
        for (var path : List.of(
                "../../../etc/passwd",
                "/etc/passwd",
                "..",
                "",
                "layer/../../x",
                "x\\u0000y",
                "loop",
                "manifest.json/x")) {
            add(
                    "layer-name-that-is-a-path " + path,
                    Kind.BAD_ARCHIVE,
                    () -> docker(
                            "[{\"Config\":\"config.json\",\"Layers\":[\"" + path + "\"]}]",
                            Archives.config("amd64", List.of(LAYER))));
            add(
                    "configuration-name-that-is-a-path " + path,
                    Kind.BAD_ARCHIVE,
                    () -> docker(
                            "[{\"Config\":\"" + path + "\",\"Layers\":[\"layer.tar\"]}]",
                            Archives.config("amd64", List.of(LAYER))));
        }
        for (var name : List.of(
                "../x:1", "UPPER", "a:b:c d", "x\\u0000y", "/x", "a/../b", ".", "x:" + "y".repeat(200), "-", "a\\nb")) {
            add(
                    "image-name-that-is-none " + name.substring(0, Math.min(20, name.length())),
                    Kind.BAD_ARCHIVE,
                    () -> docker(
                            "[{\"Config\":\"config.json\",\"RepoTags\":[\"" + name + "\"],\"Layers\":[\"layer.tar\"]}]",
                            Archives.config("amd64", List.of(LAYER))));
        }
        add(
                "names-without-end",
                Kind.LIMIT_EXCEEDED,
                () -> docker(
                        "[{\"Config\":\"config.json\",\"RepoTags\":[\"a:1\"" + ",\"a:1\"".repeat(2000)
                                + "],\"Layers\":[\"layer.tar\"]}]",
                        Archives.config("amd64", List.of(LAYER))));
        add(
                "images-without-end",
                Kind.LIMIT_EXCEEDED,
                () -> docker(
                        "[" + "{\"Config\":\"config.json\",\"Layers\":[\"layer.tar\"]},".repeat(2000) + "{}]",
                        Archives.config("amd64", List.of(LAYER))));
    }

    private static byte[] docker(String manifest, byte[] config) {
        var files = new LinkedHashMap<String, byte[]>();
        files.put("config.json", config);
        files.put("layer.tar", LAYER);
        files.put("loop", Archives.utf8("->loop"));
        files.put("manifest.json", Archives.utf8(manifest));
        return Archives.tar(files);
    }

    private void cycles() {
        add("index-that-leads-to-itself-by-a-wrong-digest", Kind.BAD_ARCHIVE, () -> {
            var layout = new Archives.Layout();
            var name = "ab".repeat(32);
            var self = Archives.Layout.descriptor(Archives.OCI_INDEX, "sha256:" + name, 300, "");
            var index = Archives.Layout.indexOf(List.of(self));
            index = index.replace("\"size\":300", "\"size\":" + index.length());
            layout.files.put("blobs/sha256/" + name, Archives.utf8(index));
            return layout.add(self.replace("300", String.valueOf(index.length())))
                    .tar();
        });
        add("indexes-that-lead-too-deep", Kind.BAD_ARCHIVE, () -> {
            var layout = new Archives.Layout();
            var descriptor = layout.image(Archives.config("amd64", List.of(LAYER)), List.of(LAYER), TAR, "");
            for (var i = 0; i < 20; i++) {
                descriptor = layout.nested(List.of(descriptor), "");
            }
            return layout.add(descriptor).tar();
        });
        add("indexes-that-fan-out", Kind.LIMIT_EXCEEDED, () -> {
            var layout = new Archives.Layout();
            var descriptor = layout.image(Archives.config("amd64", List.of(LAYER)), List.of(LAYER), TAR, "");
            for (var i = 0; i < 7; i++) {
                descriptor = layout.nested(Collections.nCopies(10, descriptor), "");
            }
            return layout.add(descriptor).tar();
        });
        add("links-in-a-circle", Kind.BAD_ARCHIVE, () -> {
            var files = new LinkedHashMap<String, byte[]>();
            files.put("manifest.json", Archives.utf8("->a"));
            files.put("a", Archives.utf8("->b"));
            files.put("b", Archives.utf8("->a"));
            return Archives.tar(files);
        });
    }

    private void missing() {
        for (var gone : Map.of("manifest", 0, "configuration", 1, "layer", 2).entrySet()) {
            add("blob-missing " + gone.getKey(), Kind.BAD_ARCHIVE, () -> {
                var layout = good();
                var config = Archives.config("amd64", List.of(LAYER));
                layout.files.keySet().removeIf(file -> switch (gone.getValue()) {
                    case 0 -> layout.index.get(0).contains(file.substring(file.lastIndexOf('/') + 1));
                    case 1 -> file.endsWith(Digest.ofBytes(config).hex());
                    default -> file.endsWith(Digest.ofBytes(LAYER).hex());
                });
                return layout.tar();
            });
        }
        add("blob-empty", Kind.BAD_ARCHIVE, () -> {
            var layout = good();
            layout.files.put("blobs/sha256/" + Digest.ofBytes(LAYER).hex(), new byte[0]);
            return layout.tar();
        });
    }

    private void layers() {
        add("layers-10000-in-an-index", Kind.LIMIT_EXCEEDED, () -> {
            var layout = new Archives.Layout();
            var many = Collections.nCopies(10_000, LAYER);
            return layout.add(layout.image(Archives.config("amd64", many), many, TAR, ""))
                    .tar();
        });
        add(
                "layers-10000-in-a-docker-archive",
                Kind.LIMIT_EXCEEDED,
                () -> docker(
                        "[{\"Config\":\"config.json\",\"Layers\":[\"layer.tar\"" + ",\"layer.tar\"".repeat(9999)
                                + "]}]",
                        Archives.config("amd64", Collections.nCopies(10_000, LAYER))));
        add("layers-10000-in-the-configuration-alone", Kind.LIMIT_EXCEEDED, () -> {
            var layout = new Archives.Layout();
            var config = Archives.config("amd64", Collections.nCopies(10_000, LAYER));
            return layout.add(layout.image(config, List.of(LAYER), TAR, "")).tar();
        });
        add("layers-fewer-than-in-the-configuration", Kind.BAD_ARCHIVE, () -> {
            var layout = new Archives.Layout();
            var config = Archives.config("amd64", List.of(LAYER, LAYER));
            return layout.add(layout.image(config, List.of(LAYER), TAR, "")).tar();
        });
        add("layers-fewer-than-in-the-history", Kind.BAD_ARCHIVE, () -> {
            var layout = new Archives.Layout();
            var config = new String(Archives.config("amd64", List.of(LAYER)), StandardCharsets.UTF_8)
                    .replace("\"history\":[", "\"history\":[{},{},");
            return layout.add(layout.image(Archives.utf8(config), List.of(LAYER), TAR, ""))
                    .tar();
        });
        add("layer-that-is-hostile", Kind.BAD_ARCHIVE, () -> {
            var layout = new Archives.Layout();
            var layer = Archives.layer("f", "x", ".wh..wh.plnk/x", "y");
            return layout.add(layout.image(
                            Archives.config("amd64", List.of(LAYER, layer)), List.of(LAYER, layer), TAR, ""))
                    .tar();
        });
        add("layer-that-is-no-archive", Kind.BAD_ARCHIVE, () -> {
            var layout = new Archives.Layout();
            var layer = Archives.utf8("x".repeat(5000));
            return layout.add(layout.image(Archives.config("amd64", List.of(layer)), List.of(layer), TAR, ""))
                    .tar();
        });
        add("layer-that-is-encrypted", Kind.NOT_SUPPORTED, () -> {
            var layout = new Archives.Layout();
            return layout.add(layout.image(
                            Archives.config("amd64", List.of(LAYER)), List.of(LAYER), TAR + "+encrypted", ""))
                    .tar();
        });
    }

    private void documents() {
        var big = "\"x\":\"" + "y".repeat(5 << 20) + "\"";
        add(
                "manifest-too-large",
                Kind.LIMIT_EXCEEDED,
                () -> manifest("{" + big + ",\"config\":CONFIG,\"layers\":[LAYER]}"));
        add("index-too-large", Kind.LIMIT_EXCEEDED, () -> indexed("{" + big + "}"));
        add("docker-manifest-too-large", Kind.LIMIT_EXCEEDED, () -> docker("[{" + big + "}]", new byte[0]));
        add(
                "document-too-deep",
                Kind.LIMIT_EXCEEDED,
                () -> indexed("{\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"));
        add(
                "document-of-too-many-values",
                Kind.LIMIT_EXCEEDED,
                () -> indexed("{\"x\":[" + "1,".repeat(1 << 20) + "1]}"));
        add(
                "document-that-is-two",
                Kind.BAD_ARCHIVE,
                () -> manifest("{\"manifests\":[],\"config\":CONFIG,\"layers\":[LAYER]}"));
        for (var text : List.of(
                "",
                "{",
                "null",
                "[]",
                "{}",
                "{\"manifests\":7}",
                "{\"manifests\":[[]]}",
                "{} {}",
                "\u00fe\u00ff",
                "{\"manifests\":[{\"digest\":{}}]}")) {
            add("index-that-is-none " + text, Kind.BAD_ARCHIVE, () -> indexed(text));
        }
        for (var text : List.of(
                "",
                "[",
                "{}",
                "[1]",
                "[{}]",
                "[{\"Config\":1}]",
                "[{\"Config\":\"config.json\",\"Layers\":{}}]",
                "[]")) {
            add("docker-manifest-that-is-none " + text, Kind.BAD_ARCHIVE, () -> docker(text, new byte[0]));
        }
        add("nothing", Kind.BAD_ARCHIVE, () -> new byte[0]);
        add("archive-of-something-else", Kind.BAD_ARCHIVE, () -> LAYER);
    }

    private static byte[] indexed(String index) {
        var layout = good();
        layout.files.put("index.json", Archives.utf8(index));
        return Archives.tar(layout.files);
    }
}
