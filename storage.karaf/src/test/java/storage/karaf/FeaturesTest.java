package storage.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeaturesTest {
    private static final String TEMPLATE =
            "<features name=\"f-${version}\"><bundle start-level=\"3\">mvn:a.b/c</bundle></features>";

    @TempDir
    Path repository;

    private void jar(String name) throws IOException {
        var file = repository.resolve(name);
        Files.createDirectories(file.getParent());
        Files.createFile(file);
    }

    @Test
    void bundlesGetTheVersionsThatAreThere() throws IOException {
        jar("a/b/c/1.2/c-1.2.jar");
        assertThat(new Features(repository).fill(TEMPLATE, "9"))
                .isEqualTo("<features name=\"f-9\"><bundle start-level=\"3\">mvn:a.b/c/1.2</bundle></features>");
    }

    @Test
    void whatIsNamedAndWhatIsThereAreTheSame() throws IOException {
        assertThatThrownBy(() -> new Features(repository).fill(TEMPLATE, "9")).hasMessageContaining("a.b/c");
        jar("a/b/c/1.2/c-1.2.jar");
        jar("a/b/d/1/d-1.jar");
        assertThatThrownBy(() -> new Features(repository).fill(TEMPLATE, "9"))
                .hasMessageContaining("In no feature: [a.b/d]");
        jar("a/b/d/2/d-2.jar");
        assertThatThrownBy(() -> new Features(repository)).hasMessageContaining("twice");
    }
}
