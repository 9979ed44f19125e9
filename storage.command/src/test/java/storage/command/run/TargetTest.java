package storage.command.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TargetTest {
    @TempDir
    Path folder;

    @Test
    void aFileAppearsWhole() throws Exception {
        var file = folder.resolve("out.tar");
        Target.write(null, file.toString(), out -> {
            out.write(1);
            assertThat(file).doesNotExist();
        });
        assertThat(file).hasBinaryContent(new byte[] {1});
        assertThat(folder).isDirectoryNotContaining(path -> !path.equals(file));
    }

    @Test
    void aFailureLeavesAnOlderFileAsItWas() throws Exception {
        var file = Files.writeString(folder.resolve("out.tar"), "old");
        assertThatThrownBy(() -> Target.write(null, file.toString(), out -> {
                    out.write(1);
                    throw new IOException("cut off");
                }))
                .hasMessage("cut off");
        assertThat(file).hasContent("old");
        assertThat(folder).isDirectoryNotContaining(path -> !path.equals(file));
    }

    @Test
    void aLinkStaysALinkAndADeviceADevice() throws Exception {
        var file = Files.writeString(folder.resolve("real"), "old");
        var link = Files.createSymbolicLink(folder.resolve("link"), file);
        Target.write(null, link.toString(), out -> out.write('n'));
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("n");
        Target.write(null, "/dev/null", out -> out.write(1));
        assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
    }
}
