package storage.itest.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.itest.engine.Scenario.Outcome;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;

/** A real engine with its layers in our stores, against the same engine on a driver of its own, in one run. */
class PluginIT {
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    /** What the engine's own overlay2 gives; made once. */
    private static Outcome reference;

    /** An image of the engine's own making, and the digests of its layers. */
    private static Path saved;

    private static List<String> savedLayers;
    private static long referenceMillis;

    @TempDir(factory = WorkFolder.class)
    static Path shared;

    @TempDir(factory = WorkFolder.class)
    Path work;

    private TestFilesystem filesystem;
    private final String plugin = "it" + ProcessHandle.current().pid();

    @BeforeAll
    static void engineAlone() throws Exception {
        Require.root();
        Require.feature("dockerd", Engine::missing);
        Require.feature("busybox", Files.isExecutable(BUSYBOX), "no static " + BUSYBOX + " (package busybox-static)");
        try (var engine = Engine.start("overlay2", shared.resolve("root"))) {
            var scenario = new Scenario(engine, shared.resolve("work"));
            var begin = System.nanoTime();
            reference = scenario.run();
            referenceMillis = millisSince(begin);
            saved = shared.resolve("saved.tar");
            savedLayers = scenario.save("img:1", saved);
            assertThat(savedLayers).isEqualTo(scenario.diffIds("img:1"));
        }
    }

    private static long millisSince(long begin) {
        return (System.nanoTime() - begin) / 1_000_000;
    }

    @BeforeEach
    void require() {
        assertThat(reference.diff()).contains("A /newfile", "D /etc/passwd", "C /data");
    }

    @AfterEach
    void unmount() throws Exception {
        if (filesystem != null) {
            filesystem.afterAll(null);
        }
    }

    private Path root(String driver) throws Exception {
        if (!driver.equals("btrfs")) {
            return work.resolve("store");
        }
        filesystem = TestFilesystem.image("btrfs");
        filesystem.beforeAll(null);
        return filesystem.path().resolve("store");
    }

    private static List<String> options(String driver) {
        return driver.equals("loopback") ? List.of("loopback.size=64m") : List.of();
    }

    private Served serve(String driver, Path root) throws Exception {
        return Served.start(plugin, root, driver, options(driver), work);
    }

    private Engine start() throws Exception {
        return Engine.start(plugin, work.resolve("engine"));
    }

    /** What the store holds, as another process sees it. */
    private void assertNothingLeft(Path root) throws Exception {
        assertThat(new StorageCommand(root, work).run("ls", "--json")).isEqualToIgnoringWhitespace("[]");
        assertThat(mountsBelow(root)).isEmpty();
    }

    private static List<String> mountsBelow(Path root) throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
            return lines.map(line -> line.split(" ", -1)[4])
                    .filter(point -> point.startsWith(root + "/"))
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"overlay2", "overlay", "vfs", "btrfs", "loopback"})
    void worksLikeTheEnginesOwnDriver(String driver) throws Exception {
        Assumptions.assumeTrue(
                driver.equals("overlay2") || "full".equals(System.getProperty("storage.test.matrix")),
                "one backend is enough for every day: ./check --full");
        var root = root(driver);
        try (var served = serve(driver, root)) {
            try (var engine = start()) {
                var scenario = new Scenario(engine, work.resolve("scenario"));
                var begin = System.nanoTime();
                var outcome = scenario.run();
                note(driver, millisSince(begin));
                assertThat(outcome.diff()).isEqualTo(reference.diff());
                assertThat(outcome.export()).isEqualTo(reference.export());
                assertThat(outcome.sizes()).isEqualTo(reference.sizes());
                assertThat(outcome.base()).isEqualTo(reference.base());
                assertThat(scenario.save("img:2", work.resolve("own.tar"))).isEqualTo(scenario.diffIds("img:2"));
                scenario.removeImages();

                engine.docker("load", "-i", saved.toString());
                assertThat(scenario.save("img:1", work.resolve("saved.tar"))).isEqualTo(savedLayers);
                scenario.removeImages();
            }
            assertThat(served.log().lines()).as(served.log()).hasSize(1);
            assertNothingLeft(root);
        }
    }

    private static void note(String driver, long millis) throws IOException {
        Files.writeString(
                Path.of("target/plugin-times.txt"),
                "the engine's own overlay2 %d ms, the plugin over %s %d ms%n"
                        .formatted(referenceMillis, driver, millis),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    @Test
    void eitherSideMayBeKilledAndComeBack() throws Exception {
        var root = root("overlay2");
        try (var served = serve("overlay2", root)) {
            try (var engine = start()) {
                new Scenario(engine, work.resolve("first")).base();
                engine.docker("run", "-d", "--network=none", "--name", "box", "base:1", "sleep", "600");
                assertThat(mountsBelow(root)).hasSize(1);

                served.kill();
                served.begin();
                engine.docker("exec", "box", "sh", "-c", "echo more > /more");
                assertThat(Scenario.lines(engine.docker("diff", "box"))).contains("A /more");
                engine.docker("stop", "-t", "0", "box");
                assertThat(mountsBelow(root))
                        .as("what was mounted before is given back")
                        .isEmpty();
                engine.docker("start", "box");
                assertThat(engine.docker("exec", "box", "cat", "/more")).isEqualTo("more\n");
                engine.kill();
            }
            try (var engine = start()) {
                engine.docker("start", "box");
                assertThat(engine.docker("exec", "box", "cat", "/more")).isEqualTo("more\n");
                served.kill();
                served.begin();
                engine.docker("rm", "-f", "box");
                new Scenario(engine, work.resolve("second")).removeImages();
            }
            assertNothingLeft(root);
        }
    }

    @Test
    void eightBuildsAtATime() throws Exception {
        var root = root("overlay2");
        try (var served = serve("overlay2", root)) {
            try (var engine = start()) {
                var scenario = new Scenario(engine, work.resolve("scenario"));
                scenario.base();
                var builds = Executors.newFixedThreadPool(8);
                try {
                    List<Callable<Void>> all = new ArrayList<>();
                    for (var i = 0; i < 8; i++) {
                        var name = "img:" + i;
                        all.add(() -> {
                            scenario.buildShort(name);
                            return null;
                        });
                    }
                    for (var done : builds.invokeAll(all)) {
                        done.get();
                    }
                } finally {
                    builds.shutdownNow();
                }
                for (var i = 0; i < 8; i++) {
                    assertThat(scenario.diffIds("img:" + i)).hasSize(4);
                }
                assertThat(engine.docker("run", "--rm", "--network=none", "img:7", "ls", "/moved", "/data"))
                        .contains("two", "file")
                        .doesNotContain("one");
                scenario.removeImages();
            }
            assertThat(served.log().lines()).as(served.log()).hasSize(1);
            assertNothingLeft(root);
        }
    }
}
