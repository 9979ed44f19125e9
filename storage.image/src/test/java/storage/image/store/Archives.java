package storage.image.store;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import storage.image.meta.Digest;

/** Image archives made on the spot. */
final class Archives {
    static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";

    private Archives() {}

    /** The archive of a layer: name to content; a name that ends in '/' is a directory. */
    static byte[] layer(String... namesAndContents) {
        var entries = new LinkedHashMap<String, byte[]>();
        for (var i = 0; i < namesAndContents.length; i += 2) {
            entries.put(namesAndContents[i], utf8(namesAndContents[i + 1]));
        }
        return tar(entries);
    }

    /** A tar archive. A content that begins with {@code ->} is a symbolic link. */
    static byte[] tar(Map<String, byte[]> entries) {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (var each : entries.entrySet()) {
                var text =
                        new String(each.getValue(), 0, Math.min(2, each.getValue().length), StandardCharsets.US_ASCII);
                if (text.equals("->")) {
                    var link = new TarArchiveEntry(each.getKey(), TarConstants.LF_SYMLINK);
                    link.setLinkName(new String(each.getValue(), StandardCharsets.UTF_8).substring(2));
                    tar.putArchiveEntry(link);
                } else {
                    var entry = new TarArchiveEntry(each.getKey());
                    entry.setSize(each.getKey().endsWith("/") ? 0 : each.getValue().length);
                    entry.setModTime(1_000_000_000_000L);
                    tar.putArchiveEntry(entry);
                    if (!each.getKey().endsWith("/")) {
                        tar.write(each.getValue());
                    }
                }
                tar.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] gzip(byte[] plain) {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] zstd(byte[] plain) {
        return Zstd.compress(plain);
    }

    static byte[] config(String architecture, List<byte[]> layers) {
        var diffs = layers.stream()
                .map(layer -> "\"" + Digest.ofBytes(layer) + "\"")
                .toList();
        return utf8("{\"architecture\":\"" + architecture
                + "\",\"os\":\"linux\",\"created\":\"2020-01-02T03:04:05.678Z\","
                + "\"config\":{\"Cmd\":[\"/bin/sh\"],\"Env\":[\"A=b\"]},\"history\":["
                + String.join(
                        ",",
                        diffs.stream().map(diff -> "{\"created_by\":\"test\"}").toList())
                + "],\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" + String.join(",", diffs) + "]}}");
    }

    static String id(byte[] config) {
        return Digest.ofBytes(config).toString();
    }

    /** An OCI layout in the making; what is changed in {@link #files} is what hostile ones have. */
    static final class Layout {
        final Map<String, byte[]> files = new LinkedHashMap<>();
        final List<String> index = new ArrayList<>();

        Layout() {
            files.put("oci-layout", utf8("{\"imageLayoutVersion\":\"1.0.0\"}"));
        }

        /** Adds a blob and answers its descriptor, without what stands after {@code more}. */
        String blob(String type, byte[] bytes, String more) {
            var digest = Digest.ofBytes(bytes);
            files.put("blobs/sha256/" + digest.hex(), bytes);
            return descriptor(type, digest.toString(), bytes.length, more);
        }

        static String descriptor(String type, String digest, long size, String more) {
            return "{\"mediaType\":\"" + type + "\",\"digest\":\"" + digest + "\",\"size\":" + size + more + "}";
        }

        /** Adds an image and answers the descriptor of its manifest. */
        String image(byte[] config, List<byte[]> blobs, String layerType, String more) {
            var layers = blobs.stream().map(blob -> blob(layerType, blob, "")).toList();
            var manifest = "{\"schemaVersion\":2,\"mediaType\":\"" + OCI_MANIFEST + "\",\"config\":"
                    + blob("application/vnd.oci.image.config.v1+json", config, "") + ",\"layers\":["
                    + String.join(",", layers) + "]}";
            return blob(OCI_MANIFEST, utf8(manifest), more);
        }

        String nested(List<String> descriptors, String more) {
            return blob(OCI_INDEX, utf8(indexOf(descriptors)), more);
        }

        static String indexOf(List<String> descriptors) {
            return "{\"schemaVersion\":2,\"mediaType\":\"" + OCI_INDEX + "\",\"manifests\":["
                    + String.join(",", descriptors) + "]}";
        }

        Layout add(String descriptor) {
            index.add(descriptor);
            files.put("index.json", utf8(indexOf(index)));
            return this;
        }

        byte[] tar() {
            return Archives.tar(files);
        }

        Path folder(Path folder) throws IOException {
            for (var file : files.entrySet()) {
                Files.createDirectories(folder.resolve(file.getKey()).getParent());
                Files.write(folder.resolve(file.getKey()), file.getValue());
            }
            return folder;
        }
    }

    /** A layout of one image with a name. */
    static Layout layout(String name, List<byte[]> layers) {
        var layout = new Layout();
        return layout.add(
                layout.image(config("amd64", layers), layers, "application/vnd.oci.image.layer.v1.tar", named(name)));
    }

    static String named(String name) {
        return ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" + name + "\"}";
    }

    static String platform(String architecture) {
        return ",\"platform\":{\"os\":\"linux\",\"architecture\":\"" + architecture + "\"}";
    }

    /** What docker save 20.10 writes: layers in folders, one that occurs again as a link; the manifest last. */
    static Map<String, byte[]> docker(String name, List<byte[]> layers) {
        var files = new LinkedHashMap<String, byte[]>();
        var seen = new LinkedHashMap<Digest, String>();
        var paths = new ArrayList<String>();
        for (var layer : layers) {
            var folder = Digest.ofBytes(utf8("folder" + paths.size())).hex();
            var first = seen.putIfAbsent(Digest.ofBytes(layer), folder);
            files.put(folder + "/", new byte[0]);
            files.put(folder + "/VERSION", utf8("1.0"));
            files.put(folder + "/json", utf8("{}"));
            files.put(folder + "/layer.tar", first == null ? layer : utf8("->../" + first + "/layer.tar"));
            paths.add("\"" + folder + "/layer.tar\"");
        }
        var config = config("amd64", layers);
        files.put(Digest.ofBytes(config).hex() + ".json", config);
        files.put(
                "manifest.json",
                utf8("[{\"Config\":\"" + Digest.ofBytes(config).hex() + ".json\",\"RepoTags\":[\"" + name
                        + "\"],\"Layers\":[" + String.join(",", paths) + "]}]\n"));
        return files;
    }
}
