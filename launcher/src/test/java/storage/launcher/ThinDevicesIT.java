package storage.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import storage.testkit.Guest;
import storage.testkit.store.Settings;

/**
 * The program on thin devices, in a guest whose kernel has them. Sample images of an engine are no part of the sources: the
 * system property {@value #SAMPLES} names a folder with some as {@code sample-*.tar}, and what they have to show as {@code
 * sample-expected.tsv} (path, type, mode, owner, group, size, time, SHA-256, link, device).
 */
class ThinDevicesIT {
    private static final String SAMPLES = "storage.test.samples";
    private static final int MINUTES = 40;

    @Test
    void demoAndImagesOnThinDevices() throws Exception {
        Assumptions.assumeTrue(
                "full".equals(System.getProperty(Settings.MATRIX)), "a pool in a guest takes minutes: ./check --full");
        var program = Path.of("../storage").toAbsolutePath().normalize();
        var words = List.of(
                "env",
                "PROGRAM=" + program,
                "SAMPLES=" + System.getProperty(SAMPLES, ""),
                // no archive of classes is made for so few commands
                "XDG_CACHE_HOME=/none/cache",
                "bash",
                "-c",
                script("thin-devices.sh"));
        var said = Guest.command(words, MINUTES, "--udev");
        assertThat(said.code()).as(said.output()).isZero();
        assertThat(said.output()).contains("Done.").contains("same as on vfs").containsPattern("devmapper +300 +works");
        assertThat(said.output().lines().filter("No devices found"::equals))
                .as("after the demo, and at the end")
                .hasSize(2);
        if (System.getProperty(SAMPLES) != null) {
            assertThat(said.output().lines().filter(line -> line.startsWith("as expected: ")))
                    .hasSizeGreaterThan(2);
        }
    }

    private static String script(String name) throws IOException {
        try (var text = ThinDevicesIT.class.getResourceAsStream(name)) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
