package storage.overlay.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.linux.Fd;
import storage.linux.PathBytes;
import storage.overlay.testing.TestStore;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;

/** What the trial overlay finds out about a kernel that is set otherwise. */
class SupportProbeTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    @BeforeAll
    static void needsRoot() {
        Require.root();
    }

    private static SupportProbe.Result probe(String... options) throws IOException {
        try (var folder = Fd.directory(TestStore.LINUX, PathBytes.text(FILES.path()))) {
            return new SupportProbe(TestStore.LINUX, List.of(options)).run(folder);
        }
    }

    @Test
    void redirectedDirectoriesAndCopiesWithoutContentSpoilNativeDifferences() throws IOException {
        assertThat(probe("redirect_dir=off", "metacopy=off").nativeDiff()).isTrue();
        var redirecting = probe("redirect_dir=on", "metacopy=off");
        assertThat(redirecting.nativeDiff()).isFalse();
        assertThat(redirecting.findings()).contains("redirected");
        var copying = probe("metacopy=on");
        assertThat(copying.nativeDiff()).isFalse();
        assertThat(copying.findings()).contains("without content");
        try (var left = Files.list(FILES.path())) {
            assertThat(left).isEmpty();
        }
    }
}
