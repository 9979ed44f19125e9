package storage.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.testkit.Require;

/** An engine's root with the driver aufs, on a kernel that has none, from the command line: everything can be got out of it. */
class RescueIT {
    @TempDir
    Path scratch;

    private Program vfs;
    private Program aufs;
    private Path home;
    private List<String> layers;

    /** An image in a store that works here becomes one of aufs, as an engine lays it out: each layer unpacked by tar. */
    @BeforeEach
    void layOut() throws Exception {
        Require.root();
        Require.feature(
                "no aufs",
                !Files.readString(Path.of("/proc/filesystems")).contains("aufs"),
                "this kernel has aufs, so there is nothing to rescue from");
        vfs = Program.in(scratch, "--driver", "vfs");
        var archive = vfs.demoArchive(scratch.resolve("demo"));
        vfs.run("import", archive.toString(), "--name", "img").good();
        layers = new ArrayList<>();
        vfs.run("inspect", "img", "--json").good().json().get("layers").forEach(layer -> layers.add(layer.asText()));
        assertThat(layers).hasSize(3);
        aufs = Program.in(scratch).on(scratch.resolve("engine"));
        home = aufs.root().resolve("aufs");
        for (var folder : List.of("layers", "diff", "mnt")) {
            Files.createDirectories(home.resolve(folder));
        }
        var parents = new ArrayList<String>();
        for (var layer : layers) {
            var tar = scratch.resolve("layer.tar");
            vfs.run("diff", layer, "-o", tar.toString()).good();
            branch(layer, parents);
            tar(tar, home.resolve("diff").resolve(layer));
            parents.add(0, layer);
        }
        branch("box", parents);
        Files.createDirectory(home.resolve("diff/box/.wh..wh.plnk"));
        Files.createFile(home.resolve("diff/box/.wh..wh.aufs"));
        Files.createDirectory(home.resolve("diff/box/etc"));
        Files.createFile(home.resolve("diff/box/etc/.wh.greeting"));
        Files.writeString(home.resolve("diff/box/new"), "n");
        Files.move(
                vfs.root().resolve("image/vfs"),
                Files.createDirectories(aufs.root().resolve("image")).resolve("aufs"));
        container();
    }

    /** What the engine records of a container. */
    private void container() throws IOException {
        var database = aufs.root().resolve("image/aufs/layerdb");
        try (var chains = Files.list(database.resolve("sha256"))) {
            for (var chain : chains.toList()) {
                if (Files.readString(chain.resolve("cache-id")).equals(layers.get(2))) {
                    var record =
                            Files.createDirectories(database.resolve("mounts").resolve("0".repeat(64)));
                    Files.writeString(record.resolve("mount-id"), "box");
                    Files.writeString(record.resolve("parent"), "sha256:" + chain.getFileName());
                }
            }
        }
    }

    private void branch(String layer, List<String> parents) throws IOException {
        Files.createDirectory(home.resolve("diff").resolve(layer));
        Files.createDirectory(home.resolve("mnt").resolve(layer));
        Files.write(home.resolve("layers").resolve(layer), parents);
    }

    private static void tar(Path archive, Path folder) throws Exception {
        var process = new ProcessBuilder("tar", "-xf", archive.toString(), "-C", folder.toString())
                .inheritIO()
                .start();
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void everythingCanBeReadAndTakenElsewhere() throws Exception {
        var listed = aufs.run("ls").good().out();
        assertThat(listed).contains(layers).contains("box");
        assertThat(aufs.run("images").good().out()).contains("img:latest");
        assertThat(aufs.run("changes", "box").good().lines()).containsExactly("C /etc", "D /etc/greeting", "A /new");
        assertThat(aufs.run("check", "--full").good().code()).isZero();

        var out = scratch.resolve("img.tar");
        aufs.run("export", "img", "-o", out.toString()).good();
        var elsewhere = vfs.on(scratch.resolve("elsewhere"));
        elsewhere.run("import", out.toString()).good();
        var again = scratch.resolve("again.tar");
        elsewhere.run("export", "img", "-o", again.toString()).good();
        assertThat(Files.mismatch(out, again)).isEqualTo(-1);

        // a container's changes on top of it
        var diff = scratch.resolve("box.tar");
        aufs.run("diff", "box", "-o", diff.toString()).good();
        var top = elsewhere
                .run("inspect", "img", "--json")
                .good()
                .json()
                .get("layers")
                .get(2)
                .asText();
        elsewhere.run("create", "--layer", "--parent", top, "box").good();
        elsewhere.run("apply", "box", diff.toString()).good();
        var tree = Path.of(elsewhere.run("mount", "box").good().out().strip());
        assertThat(tree.resolve("new")).hasContent("n");
        assertThat(tree.resolve("etc/greeting")).doesNotExist();
        assertThat(tree.resolve("etc")).isNotEmptyDirectory();
        elsewhere.run("umount", "box").good();
    }

    @Test
    void whyNothingElseWorksIsSaid() throws Exception {
        var before = files();
        assertThat(aufs.run("drivers").out())
                .contains("This kernel has no aufs filesystem")
                .contains("not mounted");
        assertThat(vfs.on(scratch.resolve("unborn")).run("drivers").out())
                .containsPattern("aufs +500 +not supported +0 +This kernel has no aufs filesystem");
        aufs.run("mount", "box").failed(8, "no aufs", "read and exported");
        aufs.run("create", "more").failed(8, "no aufs");
        assertThat(files()).isEqualTo(before);
    }

    private List<String> files() throws IOException {
        try (var all = Files.walk(aufs.root())) {
            return all.map(Path::toString).sorted(Comparator.naturalOrder()).toList();
        }
    }
}
