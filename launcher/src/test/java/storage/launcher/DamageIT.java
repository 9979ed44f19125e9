package storage.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store that was damaged in every way at once, from the command line: what is wrong is named, what is good is kept. */
class DamageIT {
    @TempDir
    Path scratch;

    @RegisterExtension
    final DriverPlace places = new DriverPlace();

    private Program storage;
    private Path archive;
    private Path home;
    private List<String> layers;

    @ParameterizedTest
    @ValueSource(strings = {"vfs", "overlay2", "overlay", "btrfs"})
    void damageIsNamedAndSetAside(String driver) throws Exception {
        Program.require(driver);
        fill(driver);
        if (driver.equals("btrfs")) {
            letWrite(home.resolve(layers.get(0)));
            letWrite(home.resolve(layers.get(1)));
        }
        flip(file(layers.get(0), "etc/release"));
        Files.delete(file(layers.get(1), "bin/hello"));
        cut(storage.root().resolve("storage/" + driver + "/layers/good.json"));
        Files.createDirectories(home.resolve("0rphan/precious"));
        if (driver.equals("overlay2")) {
            Files.delete(home.resolve("box/lower"));
        }
        var content = content();

        assertThat(storage.run("check").code()).isEqualTo(7);
        var damage = findings("check", "--full");
        assertThat(damage)
                .containsEntry(layers.get(0) + " /etc/release", true)
                .containsEntry(layers.get(1) + " /bin/hello", true)
                .containsEntry("good storage/" + driver + "/layers/good.json", true)
                .containsEntry("0rphan " + storage.root().relativize(home.resolve("0rphan")), true);
        if (driver.equals("overlay2")) {
            assertThat(damage).containsEntry("box overlay2/box/lower", true);
        }
        assertThat(content()).as("looking changes nothing").isEqualTo(content);

        assertThat(storage.run("check", "--full", "--repair").err()).isEmpty();
        assertThat(storage.root().resolve("storage/quarantine/" + driver + "/0rphan-1/precious"))
                .isDirectory();
        assertThat(Files.exists(home.resolve("0rphan"))).isFalse();
        assertThat(content()).as("what may be good is kept").isEqualTo(content);
        assertThat(storage.run("inspect", "good", "--json")
                        .good()
                        .json()
                        .get("parent")
                        .asText())
                .isEqualTo(layers.get(2));
        storage.run("mount", "good").good();
        storage.run("umount", "good").good();

        // with the image brought in anew, what stands on the damaged layers is still named
        assertThat(storage.run("images").err()).contains("img:latest", "cannot be used");
        storage.run("import", archive.toString(), "--name", "img").good();
        assertThat(storage.run("images").good().out()).contains("img:latest");
        storage.run("create", "anew", "--from", "img").good();
        var mounted = Path.of(storage.run("mount", "anew").good().out().strip());
        assertThat(mounted.resolve("etc/greeting")).hasContent("welcome to layer two\n");
        storage.run("umount", "anew").good();
        assertThat(findings("check", "--full").keySet())
                .extracting(finding -> finding.replaceAll(" .*", ""))
                .containsExactlyInAnyOrderElementsOf(layers);
        storage.run("rm", "box", "good").good();
        storage.run("prune").good();
        assertThat(findings("check", "--full")).isEmpty();
    }

    /** An image and two layers on it. */
    private void fill(String driver) throws Exception {
        var place = places.of(driver, scratch);
        storage = Program.in(scratch, "--driver", driver).on(place.resolve("root"));
        archive = storage.demoArchive(place.resolve("demo"));
        storage.run("import", archive.toString(), "--name", "img").good();
        storage.run("create", "box", "--from", "img").good();
        storage.run("create", "good", "--from", "img").good();
        home = storage.root()
                .resolve(
                        switch (driver) {
                            case "vfs" -> "vfs/dir";
                            case "btrfs" -> "btrfs/subvolumes";
                            default -> driver;
                        });
        layers = new ArrayList<>();
        storage.run("inspect", "img", "--json")
                .good()
                .json()
                .get("layers")
                .forEach(layer -> layers.add(layer.asText()));
        assertThat(layers).hasSize(3);
    }

    /** An image layer is a read-only subvolume; damage does not ask. */
    private static void letWrite(Path subvolume) throws Exception {
        var program = new ProcessBuilder("btrfs", "property", "set", "-ts", subvolume.toString(), "ro", "false")
                .inheritIO()
                .start();
        assertThat(program.waitFor()).isZero();
    }

    /** A file that a layer itself holds. */
    private Path file(String layer, String name) throws IOException {
        try (var folders = Files.walk(home.resolve(layer), 1)) {
            return folders.map(folder -> folder.resolve(name))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void flip(Path file) throws IOException {
        // a new inode, because drivers may share the old one between layers
        var bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.delete(file);
        Files.write(file, bytes);
    }

    private static void cut(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
            channel.write(ByteBuffer.allocate(0));
        }
    }

    /** What is wrong, and whether it can be put right or aside. */
    private Map<String, Boolean> findings(String... command) throws Exception {
        var arguments = new ArrayList<>(List.of(command));
        arguments.add("--json");
        var result = storage.run(arguments.toArray(String[]::new));
        assertThat(result.err()).isEmpty();
        var found = new TreeMap<String, Boolean>();
        for (var finding : result.json().get("findings")) {
            found.put(
                    finding.get("layer").asText() + " " + finding.get("path").asText(),
                    finding.get("repairable").asBoolean());
        }
        assertThat(result.code()).isEqualTo(found.isEmpty() ? 0 : 7);
        return found;
    }

    /** Names and bytes of all files of the three layers of the image, the damaged ones as well. */
    private Map<String, String> content() throws IOException {
        var content = new TreeMap<String, String>();
        for (var layer : layers) {
            try (var files = Files.walk(home.resolve(layer))) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    content.put(
                            home.relativize(file).toString(),
                            new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
                }
            }
        }
        return content;
    }
}
