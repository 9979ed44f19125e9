package storage.itest.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;

/**
 * Both ways with a real engine, on each layout that the two share: a data root that the engine wrote opens here, and one
 * written here runs there. The command is run as a user runs it.
 */
class EngineIT {
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    @TempDir(factory = WorkFolder.class)
    Path work;

    /** Null unless the test needs one; its layers go with it. */
    private TestFilesystem btrfs;

    @BeforeEach
    void engine() {
        Require.root();
        Require.feature("dockerd", Engine::missing);
        Require.feature("busybox", Files.isExecutable(BUSYBOX), "no static " + BUSYBOX + " (package busybox-static)");
    }

    @AfterEach
    void unmount() throws Exception {
        if (btrfs != null) {
            btrfs.afterAll(null);
        }
    }

    /** A data root that does not exist yet, where the driver can work. */
    private Path root(String driver) throws Exception {
        if (!driver.equals("btrfs")) {
            return work.resolve("root");
        }
        btrfs = TestFilesystem.image("btrfs");
        btrfs.beforeAll(null);
        return btrfs.path().resolve("root");
    }

    @ParameterizedTest
    @ValueSource(strings = {"overlay2", "overlay", "vfs", "btrfs"})
    void aRootOfTheEngineOpensHereAndThereAgain(String driver) throws Exception {
        var root = root(driver);
        var exported = work.resolve("export.tar");
        String diff;
        String image;
        String container;
        try (var engine = Engine.start(driver, root)) {
            build(engine);
            container = engine.docker("run", "-d", "--network=none", "--name", "c2", "img:1", "sh", "-c", CHANGE)
                    .trim();
            engine.docker("wait", "c2");
            engine.docker("create", "--network=none", "--name", "c1", "img:1", "sh");
            engine.docker("export", "-o", exported.toString(), "c2");
            engine.docker("save", "-o", work.resolve("save.tar").toString(), "img:1");
            diff = engine.docker("diff", "c2");
            image = engine.docker("inspect", "-f", "{{.Id}}", "img:1").trim();
        }

        var storage = new StorageCommand(root, work);
        assertThat(storage.run("images", "--json")).contains(image).contains("img:1");
        var layer = Files.readString(root.resolve("image/" + driver + "/layerdb/mounts/" + container + "/mount-id"));
        assertThat(storage.run("ls")).contains(layer).contains(layer + "-init");
        assertThat(lines(storage.run("changes", layer))).containsExactlyInAnyOrderElementsOf(lines(diff));

        var mounted = Path.of(storage.run("mount", layer).strip());
        try {
            assertThat(Listing.of(mounted)).isEqualTo(Listing.ofTar(exported));
        } finally {
            storage.run("umount", layer);
        }
        assertThat(layerDigests(storage, "img:1")).isEqualTo(layerDigests(work.resolve("save.tar")));
        storage.run("check", "--full");

        try (var engine = Engine.start(driver, root)) {
            assertThat(engine.docker("run", "--rm", "--network=none", "img:1", "cat", "/data/two"))
                    .isEqualTo("two\n");
            engine.docker("start", "c1");
            // the engine lists changes in the order of a hash map, another one each time
            assertThat(lines(engine.docker("diff", "c2"))).containsExactlyInAnyOrderElementsOf(lines(diff));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"overlay2", "overlay", "vfs", "btrfs"})
    void aRootWrittenHereRunsThere(String driver) throws Exception {
        var saved = work.resolve("save.tar");
        String image;
        try (var engine = Engine.start("vfs", work.resolve("first"))) {
            build(engine);
            engine.docker("save", "-o", saved.toString(), "img:1");
            image = engine.docker("inspect", "-f", "{{.Id}}", "img:1").trim();
        }

        var root = root(driver);
        var storage = new StorageCommand(root, work);
        storage.run("--driver", driver, "import", saved.toString(), "--name", "img:1");
        storage.run("create", "box", "--from", "img:1");
        var mounted = Path.of(storage.run("mount", "box").strip());
        Files.writeString(mounted.resolve("data/three"), "three\n");
        Files.delete(mounted.resolve("data/two"));
        storage.run("umount", "box");
        storage.run("commit", "box", "img:2");

        try (var engine = Engine.start(driver, root)) {
            assertThat(engine.docker("inspect", "-f", "{{.Id}}", "img:1").trim())
                    .isEqualTo(image);
            assertThat(engine.docker("run", "--rm", "--network=none", "img:1", "cat", "/data/two"))
                    .isEqualTo("two\n");
            assertThat(engine.docker("run", "--rm", "--network=none", "img:2", "ls", "/data"))
                    .isEqualTo("three\n");
            // the engine builds on what we stored, and removes it without complaint
            engine.docker(
                    "FROM img:2\nRUN echo four > /data/four\n".getBytes(StandardCharsets.UTF_8),
                    "build",
                    "--network=none",
                    "-t",
                    "img:3",
                    "-");
            engine.docker("rmi", "img:3");
        }
        assertThat(storage.run("images", "--json"))
                .contains(image)
                .contains("img:2")
                .doesNotContain("img:3");
        storage.run("check", "--full");
        storage.run("rm", "box");
    }

    private static final String CHANGE = "echo new > /newfile; rm /etc/passwd; mkdir /srv; mv /data/two /srv/2";

    /** An image with a deletion and a directory that was removed and made anew. */
    private void build(Engine engine) throws IOException, InterruptedException {
        var tree = Files.createDirectories(work.resolve("tree"));
        Files.createDirectories(tree.resolve("bin"));
        Files.createDirectories(tree.resolve("etc"));
        Files.copy(BUSYBOX, tree.resolve("bin/busybox"));
        for (var applet : List.of("sh", "ls", "cat", "rm", "mkdir", "mv")) {
            Files.createSymbolicLink(tree.resolve("bin").resolve(applet), Path.of("busybox"));
        }
        Files.writeString(tree.resolve("etc/motd"), "hello\n");
        Files.writeString(tree.resolve("etc/passwd"), "root:x:0:0::/:/bin/sh\n");
        var tar = new ProcessBuilder("tar", "-C", tree.toString(), "-c", ".").start();
        engine.docker(tar.getInputStream().readAllBytes(), "import", "-", "base:1");
        engine.docker("""
                FROM base:1
                RUN mkdir /data && echo one > /data/one && rm /etc/motd
                RUN rm -rf /data && mkdir /data && echo two > /data/two
                """.getBytes(StandardCharsets.UTF_8), "build", "--network=none", "-t", "img:1", "-");
    }

    private List<String> layerDigests(StorageCommand storage, String image) throws IOException, InterruptedException {
        var archive = work.resolve("ours.tar");
        storage.run("export", image, "-o", archive.toString(), "--format", "docker");
        return layerDigests(archive);
    }

    /** The digests of the layers' bytes in a docker archive, in the manifest's order. */
    private static List<String> layerDigests(Path archive) throws IOException {
        var members = Listing.ofTar(archive);
        byte[] manifest = Listing.member(archive, "manifest.json");
        var layers = new ObjectMapper().readTree(manifest).get(0).get("Layers");
        return layers.valueStream()
                .map(name -> members.get(name.textValue()).replaceAll(".* ", ""))
                .toList();
    }

    private static List<String> lines(String text) {
        return Arrays.stream(text.split("\n", -1))
                .filter(line -> !line.isEmpty())
                .toList();
    }
}
