package storage.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the README shows is what is built and tried. */
class ReadmeTest {
    private static final Path PROJECT = Path.of("..");

    @Test
    void theExampleIsTheBundle() throws IOException {
        var source = Files.readString(PROJECT.resolve("storage.example/src/main/java/storage/example/DataFolder.java"));
        var shown = source.substring(source.indexOf("@Component"));
        assertThat(Files.readString(PROJECT.resolve("README.md"))).contains("```java\n" + shown + "```\n");
    }
}
