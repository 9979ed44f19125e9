package storage.itest.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;

/** What the user of an engine can set, and what then becomes of the layers in our stores. */
class PluginOptionsIT {
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    private final String plugin = "options" + ProcessHandle.current().pid();

    @TempDir(factory = WorkFolder.class)
    Path work;

    @BeforeAll
    static void require() {
        Require.root();
        Require.feature("dockerd", Engine::missing);
        Require.feature("busybox", Files.isExecutable(BUSYBOX), "no static " + BUSYBOX + " (package busybox-static)");
    }

    private void assertEmpty(Path root) throws Exception {
        assertThat(new StorageCommand(root, work).run("ls", "--json")).isEqualToIgnoringWhitespace("[]");
    }

    /** The same day, by users who are root in their containers only. */
    @ParameterizedTest
    @ValueSource(strings = {"overlay2", "vfs"})
    void usersCanBeMapped(String driver) throws Exception {
        // who is nobody outside has to get to the layers
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwx--x--x"));
        var remap = "--userns-remap=" + PrivateEtc.USER;
        try (var etc = PrivateEtc.in(Files.createDirectory(work.resolve("etc")))) {
            Scenario.Outcome reference;
            try (var engine = Engine.start(etc.enter(), "overlay2", work.resolve("own"), List.of(remap))) {
                reference = new Scenario(engine, work.resolve("reference")).run();
            }
            var root = work.resolve("store");
            try (var served = Served.start(etc.enter(), plugin, root, driver, List.of(), work)) {
                try (var engine = Engine.start(etc.enter(), plugin, work.resolve("engine"), List.of(remap))) {
                    var scenario = new Scenario(engine, work.resolve("scenario"));
                    assertThat(scenario.run()).isEqualTo(reference);
                    engine.docker("run", "-d", "--network=none", "--name", "box", "img:2", "sleep", "600");
                    engine.docker("exec", "box", "sh", "-c", "echo mine > /mine");
                    assertThat(ownerOf(root, "mine")).isEqualTo(PrivateEtc.FIRST);
                    assertThat(ownerOf(root, "busybox")).isEqualTo(PrivateEtc.FIRST);
                    engine.docker("rm", "-f", "box");
                    scenario.removeImages();
                }
                assertThat(served.log().lines()).as(served.log()).hasSize(1);
            }
            assertEmpty(root);
        }
    }

    /** Of a file of some layer, as the host sees it. */
    private static int ownerOf(Path root, String name) throws Exception {
        try (var files = Files.walk(root)) {
            var file = files.filter(path -> path.endsWith(name)).findFirst().orElseThrow();
            return (int) Files.getAttribute(file, "unix:uid");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"loopback", "btrfs"})
    void containersHaveSizes(String driver) throws Exception {
        var filesystem = driver.equals("btrfs") ? TestFilesystem.image("btrfs") : null;
        if (filesystem != null) {
            filesystem.beforeAll(null);
        }
        try {
            var root = (filesystem == null ? work : filesystem.path()).resolve("store");
            var options = driver.equals("loopback") ? List.of("loopback.size=32m") : List.<String>of();
            try (var served = Served.start(List.of(), plugin, root, driver, options, work)) {
                try (var engine = Engine.start(plugin, work.resolve("engine"))) {
                    var scenario = new Scenario(engine, work.resolve("scenario"));
                    scenario.base();
                    assertThat(write(engine, "--storage-opt", "size=64m"))
                            .contains("written")
                            .doesNotContain("No space");
                    assertThatThrownBy(() -> write(engine, "--storage-opt", "size=40m"))
                            .hasMessageContaining(driver.equals("btrfs") ? "uota exceeded" : "No space left on device");
                    assertThatThrownBy(() -> write(engine, "--storage-opt", "size=large"))
                            .hasMessageContaining("size=large");
                    assertThatThrownBy(() -> write(engine, "--storage-opt", "colour=red"))
                            .hasMessageContaining("colour");
                    scenario.removeImages();
                }
                assertThat(served.log()).contains("Serving");
            }
            assertEmpty(root);
        } finally {
            if (filesystem != null) {
                filesystem.afterAll(null);
            }
        }
    }

    /** 44 MB, in a container of its own. */
    private static String write(Engine engine, String... size) throws Exception {
        List<String> words = new java.util.ArrayList<>(List.of("run", "--rm", "--network=none"));
        words.addAll(List.of(size));
        words.addAll(List.of(
                "base:1",
                "sh",
                "-c",
                "/bin/busybox dd if=/dev/zero of=/big bs=1048576 count=44 && /bin/busybox sync && echo written"));
        return engine.docker(words.toArray(String[]::new));
    }

    /** The engine's own options choose the backend, and set what it takes. */
    @Test
    void theEngineCanNameTheBackend() throws Exception {
        var root = work.resolve("store");
        try (var served = Served.start(List.of(), plugin, root, null, List.of(), work)) {
            var options = List.of("--storage-opt", "storage.driver=vfs");
            try (var engine = Engine.start(List.of(), plugin, work.resolve("engine"), options)) {
                var scenario = new Scenario(engine, work.resolve("scenario"));
                scenario.base();
                assertThat(engine.docker("info")).contains(plugin);
                assertThat(root.resolve("vfs/dir")).isNotEmptyDirectory();
                scenario.removeImages();
            }
            assertThat(served.log()).contains("Serving");
        }
        assertEmpty(root);
    }
}
