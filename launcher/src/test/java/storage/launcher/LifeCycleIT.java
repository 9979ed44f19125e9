package storage.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.launcher.Program.Result;

/** From an archive to a mounted tree and back to an archive, each command in a process of its own. */
class LifeCycleIT {
    @TempDir
    Path scratch;

    @RegisterExtension
    final DriverPlace places = new DriverPlace();

    @ParameterizedTest
    @ValueSource(strings = {"vfs", "overlay2", "overlay", "btrfs"})
    void life(String driver) throws Exception {
        Program.require(driver);
        var place = places.of(driver, scratch);
        var storage = Program.in(scratch, "--driver", driver).on(place.resolve("root"));
        var archive = storage.demoArchive(place.resolve("demo"));
        var id = imported(storage, archive);
        var path = mounted(storage, driver);
        try {
            changed(storage, path);
        } finally {
            storage.run("umount", "box").good();
        }
        assertThat(Program.isMounted(path.toString())).isFalse();
        committed(storage, id);
        described(storage);
        removed(storage);
    }

    private static String imported(Program storage, Path archive) throws Exception {
        var line = storage.run("import", archive.toString(), "--name", "img")
                .good()
                .out();
        assertThat(line).matches("sha256:[0-9a-f]{64} img:latest\n");
        var images = storage.run("images", "--json").good().json();
        assertThat(images).hasSize(1);
        assertThat(images.get(0).get("names").get(0).asText()).isEqualTo("img:latest");
        assertThat(images.get(0).get("layers")).hasSize(3);
        storage.run("import", archive.resolveSibling("none.tar").toString()).failed(3, "none.tar");
        var garbage = Files.writeString(archive.resolveSibling("garbage"), "no archive at all");
        storage.run("import", garbage.toString(), "--name", "bad").failed(6);
        return line.split(" ", 2)[0];
    }

    private static Path mounted(Program storage, String driver) throws Exception {
        storage.run("create", "box", "--from", "img").good();
        storage.run("create", "box", "--from", "img").failed(4, "box");
        storage.run("create", "--parent", "nothing", "box2").failed(3, "nothing");
        var out = storage.run("mount", "box").good().out();
        var path = Path.of(out.strip());
        // the path alone, so that a script may use it as it is
        assertThat(out).isEqualTo(path + "\n");
        assertThat(path.resolve("etc/greeting")).hasContent("welcome to layer two\n");
        assertThat(Program.isMounted(path.toString())).isEqualTo(driver.startsWith("overlay"));
        // a second holder keeps it mounted when the first lets go
        storage.run("mount", "box", "--holder", "other").good();
        storage.run("umount", "box").good();
        assertThat(Program.isMounted(path.toString())).isEqualTo(driver.startsWith("overlay"));
        assertThat(storage.run("ls").good().out()).contains("other");
        storage.run("umount", "box").failed(3, "other");
        storage.run("mount", "box").good();
        storage.run("umount", "box", "--holder", "other").good();
        storage.run("rm", "box").failed(5, "box");
        return path;
    }

    private void changed(Program storage, Path path) throws Exception {
        Files.writeString(path.resolve("etc/motd"), "changed\n");
        Files.delete(path.resolve("etc/release"));
        // a name that is no UTF-8, and one that would begin a line of its own
        var shell = new ProcessBuilder(
                        "sh", "-c", "echo x >\"$(printf 'odd\\377')\"; echo x >\"$(printf 'two\\nlines')\"")
                .directory(path.toFile())
                .start();
        assertThat(shell.waitFor()).isZero();
        var lines = List.of("C /etc", "C /etc/motd", "D /etc/release", "A /odd\u00ff", "A /two\\nlines");
        assertThat(storage.run("changes", "box").good().lines()).containsExactlyElementsOf(lines);
        var json = storage.run("--json", "changes", "box").good().json();
        assertThat(json.get(3).get("kind").asText()).isEqualTo("A");
        assertThat(json.get(3).get("path").asText()).isEqualTo("/odd\udcff");
        assertThat(json.get(4).get("path").asText()).isEqualTo("/two\nlines");

        var file = scratch.resolve("box.tar");
        storage.run("diff", "box", "-o", file.toString()).good();
        assertThat(storage.run("diff", "box", "--output", "-").good().out())
                .isEqualTo(Files.readString(file, StandardCharsets.ISO_8859_1));
        // what diff wrote, apply turns into the same changes
        storage.run("apply", "copy", file.toString(), "--from", "img").good();
        assertThat(storage.run("changes", "copy").good().lines()).containsExactlyElementsOf(lines);
        storage.run("rm", "copy").good();
    }

    private void committed(Program storage, String base) throws Exception {
        storage.run("rmi", "img").failed(5, "box");
        var id = storage.run("commit", "box", "img:2").good().out().strip();
        assertThat(id).matches("sha256:[0-9a-f]{64}").isNotEqualTo(base);
        for (var format : List.of("docker", "oci")) {
            var file = scratch.resolve("out-" + format + ".tar");
            storage.run("export", "img:2", "-o", file.toString(), "--format", format)
                    .good();
            var other = storage.on(storage.root().resolveSibling("other-" + format));
            assertThat(other.run("import", file.toString(), "--name", "x")
                            .good()
                            .out())
                    .startsWith(id);
        }
        storage.run("export", "nothing", "-o", "x").failed(3, "nothing");
        assertThat(scratch.resolve("x")).doesNotExist();
    }

    private static void described(Program storage) throws Exception {
        assertThat(storage.run("inspect", "box", "--json")
                        .good()
                        .json()
                        .get("kind")
                        .asText())
                .isEqualTo("READ_WRITE");
        assertThat(storage.run("inspect", "img:2", "--json").good().json().get("layers"))
                .hasSize(4);
        assertThat(storage.run("status", "--json").good().json().get("images").asInt())
                .isEqualTo(2);
        var usage = storage.run("df", "--json").good().json().get("images");
        assertThat(usage.findValuesAsText("shared")).containsOnly("144");
        assertThat(storage.run("check", "--full").good().out()).contains("No damage");
    }

    private static void removed(Program storage) throws Exception {
        var layers = storage.run("ls", "--json").good().json();
        var top = layers.findParents("parent").stream()
                .filter(layer -> layer.get("id").asText().equals("box"))
                .findFirst()
                .orElseThrow()
                .get("parent")
                .asText();
        storage.run("rm", top).failed(5, top);
        storage.run("rm", "box").good();
        storage.run("tag", "img:2", "kept").good();
        storage.run("rmi", "img:2", "img").good();
        assertThat(storage.run("prune", "--dry-run").good().out()).contains("Would free 0 B");
        assertThat(storage.run("ls", "--json").good().json()).hasSize(4);
        storage.run("rmi", "kept").good();
        storage.run("cleanup").good();
        Result last = storage.run("ls", "--json").good();
        assertThat(last.json()).isEmpty();
    }
}
