package storage.itest.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.testkit.Guest;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;

/** A real engine with its layers in our stores, against the same engine on a driver of its own, in one run. */
class PluginIT {
    private static final Path BUSYBOX = Path.of("/bin/busybox");
    private static final int GUEST_MINUTES = 60;

    private static PluginRules.Reference reference;

    @TempDir(factory = WorkFolder.class)
    static Path shared;

    @TempDir(factory = WorkFolder.class)
    Path work;

    private TestFilesystem filesystem;

    @BeforeAll
    static void engineAlone() throws Exception {
        Require.root();
        Require.feature("dockerd", Engine::missing);
        Require.feature("busybox", Files.isExecutable(BUSYBOX), "no static " + BUSYBOX + " (package busybox-static)");
        reference = PluginRules.Reference.of(shared);
    }

    @AfterEach
    void unmount() throws Exception {
        if (filesystem != null) {
            filesystem.afterAll(null);
        }
    }

    private PluginRules over(String driver) throws Exception {
        var root = work.resolve("store");
        if (driver.equals("btrfs")) {
            filesystem = TestFilesystem.image("btrfs");
            filesystem.beforeAll(null);
            root = filesystem.path().resolve("store");
        }
        var options = driver.equals("loopback") ? List.of("loopback.size=64m") : List.<String>of();
        return new PluginRules(driver, options, root, work);
    }

    private static boolean isFull() {
        return "full".equals(System.getProperty("storage.test.matrix"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"overlay2", "overlay", "vfs", "btrfs", "loopback"})
    void worksLikeTheEnginesOwnDriver(String driver) throws Exception {
        Assumptions.assumeTrue(
                driver.equals("overlay2") || isFull(), "one backend is enough for every day: ./check --full");
        note(driver, over(driver).worksLikeTheEnginesOwn(reference));
    }

    private static void note(String driver, long millis) throws IOException {
        Files.writeString(
                Path.of("target/plugin-times.txt"),
                "the engine's own overlay2 %d ms, the plugin over %s %d ms%n"
                        .formatted(reference.millis(), driver, millis),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    @Test
    void eitherSideMayBeKilledAndComesBack() throws Exception {
        over("overlay2").eitherSideMayBeKilledAndComesBack();
    }

    @Test
    void eightBuildsAtATime() throws Exception {
        over("overlay2").buildsGoSideBySide(8);
    }

    /** Thin devices need a kernel that has them. */
    @Test
    void allOfItOnThinDevices() throws Exception {
        Assumptions.assumeTrue(isFull(), "an engine in a guest takes long: ./check --full");
        var run = Guest.run(PluginInGuest.class, GUEST_MINUTES, "--udev", "--disk", PluginInGuest.DISK);
        run.output()
                .lines()
                .filter(line -> line.startsWith(PluginInGuest.TIMES))
                .forEach(System.out::println);
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isEqualTo(3);
    }
}
