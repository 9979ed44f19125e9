package storage.itest.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import storage.testkit.Guest;

/** Run in a guest by {@link PluginIT}: the engine's layers are thin devices. */
class PluginInGuest {
    static final String DISK = "6G";

    /** What the line with the times begins with. */
    static final String TIMES = "in the guest: ";

    private static final Path FOLDER = Path.of("/run/disk");
    private static final List<String> OPTIONS =
            List.of("dm.loopdatasize=2g", "dm.loopmetadatasize=32m", "dm.basesize=128m", "dm.fs=ext4");

    private PluginRules rules;

    @BeforeAll
    static void layOutDisk() throws Exception {
        run("mkfs.ext4", "-qF", Guest.disk());
        Files.createDirectories(FOLDER);
        run("mount", Guest.disk(), FOLDER.toString());
    }

    private static String run(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    @BeforeEach
    void freshStore(TestInfo test) throws Exception {
        var work = Files.createDirectory(
                FOLDER.resolve(test.getTestMethod().orElseThrow().getName()));
        rules = new PluginRules("devmapper", OPTIONS, work.resolve("store"), work);
    }

    @AfterEach
    void noDeviceIsLeft() throws Exception {
        assertThat(run("dmsetup", "ls")).contains("No devices found");
        assertThat(run("losetup", "--list", "--noheadings")).isBlank();
    }

    @Test
    void worksLikeTheEnginesOwnDriver() throws Exception {
        var reference = PluginRules.Reference.of(Files.createDirectory(FOLDER.resolve("reference")));
        var millis = rules.worksLikeTheEnginesOwn(reference);
        System.out.println(TIMES + "the engine's own overlay2 " + reference.millis() + " ms, the plugin over devmapper "
                + millis + " ms");
    }

    @Test
    void eitherSideMayBeKilledAndComesBack() throws Exception {
        rules.eitherSideMayBeKilledAndComesBack();
    }

    @Test
    void eightBuildsAtATime() throws Exception {
        rules.buildsGoSideBySide(8);
    }
}
