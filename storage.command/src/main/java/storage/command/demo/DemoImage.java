package storage.command.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import storage.command.text.Json;

/**
 * An image of three layers with everything in it that makes layers interesting, written as an OCI layout.
 *
 * <p>The first is a small system. The second replaces a file, deletes one with a whiteout, and adds a hard link and a
 * symbolic link. The third puts a new folder in the place of an old one (an opaque directory).
 */
final class DemoImage {
    /** What the three layers together show: path to {@code f CONTENT}, {@code d} or {@code l TARGET}. */
    static final Map<String, String> TREE = new TreeMap<>(Map.ofEntries(
            Map.entry("/bin", "d"),
            Map.entry("/bin/hello", "f #!/bin/sh\necho hello\n"),
            Map.entry("/bin/hi", "f #!/bin/sh\necho hello\n"),
            Map.entry("/etc", "d"),
            Map.entry("/etc/greeting", "l motd"),
            Map.entry("/etc/motd", "f welcome to layer two\n"),
            Map.entry("/etc/release", "f demo 1\n"),
            Map.entry("/srv", "d"),
            Map.entry("/srv/app", "d"),
            Map.entry("/srv/app/new.conf", "f fresh=yes\n")));

    private final List<String> diffIds = new ArrayList<>();
    private final String id;

    private DemoImage(Path folder) throws IOException {
        var blobs = Files.createDirectories(folder.resolve("blobs/sha256"));
        List<Object> layers = new ArrayList<>();
        for (var layer : layers()) {
            diffIds.add(blob(blobs, layer));
            layers.add(descriptor("application/vnd.oci.image.layer.v1.tar", layer));
        }
        var configuration = bytes(Json.text(new TreeMap<>(Map.of(
                "architecture",
                architecture(),
                "os",
                "linux",
                "config",
                Map.of("Cmd", List.of("/bin/hello")),
                "rootfs",
                new TreeMap<>(Map.of("type", "layers", "diff_ids", diffIds))))));
        id = blob(blobs, configuration);
        var manifest = bytes(Json.text(new TreeMap<>(Map.of(
                "schemaVersion",
                2,
                "mediaType",
                "application/vnd.oci.image.manifest.v1+json",
                "config",
                descriptor("application/vnd.oci.image.config.v1+json", configuration),
                "layers",
                layers))));
        blob(blobs, manifest);
        Files.writeString(folder.resolve("oci-layout"), Json.text(Map.of("imageLayoutVersion", "1.0.0")));
        Files.writeString(
                folder.resolve("index.json"),
                Json.text(new TreeMap<>(Map.of(
                        "schemaVersion",
                        2,
                        "manifests",
                        List.of(descriptor("application/vnd.oci.image.manifest.v1+json", manifest))))));
    }

    /** @param folder does not exist yet */
    static DemoImage write(Path folder) throws IOException {
        return new DemoImage(Files.createDirectory(folder));
    }

    /** The digest of the configuration, which is what an image is known by. */
    String id() {
        return id;
    }

    /** The digests of the layers' archives, base first. */
    List<String> diffIds() {
        return diffIds;
    }

    private static List<byte[]> layers() {
        return List.of(
                new TarWriter()
                        .directory("bin")
                        .file("bin/hello", 0755, "#!/bin/sh\necho hello\n")
                        .directory("etc")
                        .file("etc/motd", 0644, "welcome to layer one\n")
                        .file("etc/obsolete", 0644, "the next layer deletes this\n")
                        .file("etc/release", 0644, "demo 1\n")
                        .directory("srv")
                        .directory("srv/app")
                        .file("srv/app/old.conf", 0644, "fresh=no\n")
                        .file("srv/app/cache", 0644, "stale\n")
                        .end(),
                new TarWriter()
                        .directory("bin")
                        .file("bin/hello", 0755, "#!/bin/sh\necho hello\n")
                        .hardLink("bin/hi", "bin/hello")
                        .directory("etc")
                        .symlink("etc/greeting", "motd")
                        .file("etc/motd", 0644, "welcome to layer two\n")
                        .whiteout("etc", "obsolete")
                        .end(),
                new TarWriter()
                        .directory("srv")
                        .directory("srv/app")
                        .opaque("srv/app")
                        .file("srv/app/new.conf", 0644, "fresh=yes\n")
                        .end());
    }

    /** As Go names it, which is what images carry. */
    private static String architecture() {
        return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    }

    private static String blob(Path blobs, byte[] content) throws IOException {
        var digest = sha256(content);
        Files.write(blobs.resolve(digest.substring("sha256:".length())), content);
        return digest;
    }

    private static Map<String, Object> descriptor(String mediaType, byte[] content) {
        return new TreeMap<>(Map.of("mediaType", mediaType, "digest", sha256(content), "size", content.length));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** {@code sha256:} and the digest. */
    static String sha256(byte[] content) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }
}
