package storage.itest.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A day in the life of an engine, the same on every driver, and what can be compared of it. */
final class Scenario {
    private static final Path BUSYBOX = Path.of("/bin/busybox");
    private static final List<String> APPLETS =
            List.of("sh", "ls", "cat", "rm", "mkdir", "mv", "ln", "cp", "sleep", "touch", "chmod", "test");

    /** Deletions, renames, a directory that is removed and made anew, links, and a file that changes its type. */
    private static final String DOCKERFILE = """
            FROM base:1
            RUN mkdir -p /data/sub && echo one > /data/one && echo deep > /data/sub/deep && rm /etc/motd
            COPY file /copied/file
            ADD tree.tar /unpacked
            RUN rm -rf /data && mkdir /data && echo two > /data/two && ln -s two /data/link && ln /data/two /data/hard
            RUN mv /copied /moved && chmod 0700 /unpacked
            RUN rm /moved/file && mkdir /moved/file && echo three > /moved/file/three
            """;

    /** The same in short, for many at a time. */
    private static final String SHORT = """
            FROM base:1
            RUN mkdir -p /data/sub && echo one > /data/one && rm /etc/motd
            COPY file /moved/file
            RUN rm -rf /data && mkdir /data && echo two > /data/two && rm /moved/file && mkdir /moved/file
            """;

    private static final String CHANGE =
            "echo new > /newfile; rm /etc/passwd; mkdir /srv; mv /data/two /srv/2; ln -s 2 /srv/l; sleep 600";

    private final Engine engine;
    private final Path work;

    /** @param work a folder of the scenario's own */
    Scenario(Engine engine, Path work) throws IOException {
        this.engine = engine;
        this.work = Files.createDirectories(work);
    }

    /**
     * What has to be the same.
     *
     * @param diff the lines of {@code docker diff}, sorted
     * @param export what {@code docker export} holds, without times
     * @param sizes of the images, bytes, by name
     * @param base the digest of the imported layer
     */
    record Outcome(List<String> diff, SortedMap<String, String> export, SortedMap<String, Long> sizes, String base) {}

    /** Everything an engine does with images and containers. Its images stay, its container does not. */
    Outcome run() throws Exception {
        base();
        build("img:1");
        engine.docker("run", "-d", "--network=none", "--name", "box", "img:1", "sh", "-c", CHANGE);
        engine.docker("exec", "box", "sh", "-c", "until test -L /srv/l; do sleep 0.1; done");
        expect(engine.docker("exec", "box", "cat", "/srv/l"), "two\n");
        var diff = lines(engine.docker("diff", "box"));
        var export = work.resolve("export.tar");
        engine.docker("export", "-o", export.toString(), "box");
        engine.docker("cp", "box:/newfile", work.resolve("out").toString());
        expect(Files.readString(work.resolve("out")), "new\n");
        engine.docker("cp", work.resolve("out").toString(), "box:/in");
        engine.docker("commit", "box", "img:2");
        expect(engine.docker("run", "--rm", "--network=none", "img:2", "cat", "/in"), "new\n");
        engine.docker("rm", "-f", "box");

        var sizes = new TreeMap<String, Long>();
        for (var image : List.of("base:1", "img:1", "img:2")) {
            sizes.put(
                    image,
                    Long.parseLong(
                            engine.docker("inspect", "-f", "{{.Size}}", image).strip()));
        }
        return new Outcome(
                diff, timeless(Listing.ofTar(export)), sizes, diffIds("base:1").get(0));
    }

    private static void expect(String actual, String expected) {
        if (!actual.equals(expected)) {
            throw new AssertionError("'" + expected + "' was expected, and this came: '" + actual + "'");
        }
    }

    /** Two runs are not made in the same second. */
    private static SortedMap<String, String> timeless(SortedMap<String, String> listing) {
        listing.replaceAll((path, line) -> line.replaceFirst(" file (\\d+) \\d+ ", " file $1 "));
        return listing;
    }

    void base() throws Exception {
        var tree = Files.createDirectories(work.resolve("tree"));
        Files.createDirectories(tree.resolve("bin"));
        Files.createDirectories(tree.resolve("etc"));
        Files.copy(BUSYBOX, tree.resolve("bin/busybox"));
        for (var applet : APPLETS) {
            Files.createSymbolicLink(tree.resolve("bin").resolve(applet), Path.of("busybox"));
        }
        Files.writeString(tree.resolve("etc/motd"), "hello\n");
        Files.writeString(tree.resolve("etc/passwd"), "root:x:0:0::/:/bin/sh\n");
        engine.docker(tar("-C", tree.toString(), "-c", "."), "import", "-", "base:1");
    }

    private static byte[] tar(String... words) throws IOException {
        List<String> command = new ArrayList<>(
                List.of("tar", "--sort=name", "--mtime=@1400000000", "--owner=0", "--group=0", "--numeric-owner"));
        command.addAll(List.of(words));
        return new ProcessBuilder(command).start().getInputStream().readAllBytes();
    }

    void build(String name) throws Exception {
        build(name, DOCKERFILE);
    }

    void buildShort(String name) throws Exception {
        build(name, SHORT);
    }

    private void build(String name, String dockerfile) throws Exception {
        var context = Files.createTempDirectory(work, "context");
        Files.writeString(context.resolve("Dockerfile"), dockerfile);
        Files.writeString(context.resolve("file"), "added\n");
        Files.write(
                context.resolve("tree.tar"), tar("-C", work.resolve("tree/etc").toString(), "-c", "."));
        engine.docker("build", "--no-cache", "--network=none", "-t", name, context.toString());
    }

    /** The digests that the engine has of an image's layers. */
    List<String> diffIds(String image) throws Exception {
        return texts(new ObjectMapper().readTree(engine.docker("inspect", "-f", "{{json .RootFS.Layers}}", image)));
    }

    /** Saves an image, and answers the digests of the layers' bytes in the archive. */
    List<String> save(String image, Path archive) throws Exception {
        engine.docker("save", "-o", archive.toString(), image);
        var members = Listing.ofTar(archive);
        var manifest = new ObjectMapper().readTree(Listing.member(archive, "manifest.json"));
        return texts(manifest.get(0).get("Layers")).stream()
                .map(name -> "sha256:" + members.get(name).replaceAll(".* ", ""))
                .toList();
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::textValue).toList();
    }

    /** Takes away every image. */
    void removeImages() throws Exception {
        // with the last name of an image those go that it was built from
        var images = lines(engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}"));
        engine.docker(Stream.concat(Stream.of("rmi"), images.stream()).toArray(String[]::new));
        expect(engine.docker("images", "-q", "-a"), "");
    }

    static List<String> lines(String text) {
        return Arrays.stream(text.split("\n", -1))
                .filter(line -> !line.isEmpty())
                .sorted()
                .toList();
    }
}
