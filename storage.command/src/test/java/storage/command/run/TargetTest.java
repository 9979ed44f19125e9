package storage.command.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.StorageException;
import storage.command.entry.Terminal;

class TargetTest {
    @TempDir
    Path folder;

    private boolean interrupted;

    private final Terminal terminal = new Terminal() {
        @Override
        public InputStream in() {
            return InputStream.nullInputStream();
        }

        @Override
        public OutputStream out() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public OutputStream err() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public boolean isInterrupted() {
            return interrupted;
        }
    };

    @Test
    void aFileAppearsWhole() throws Exception {
        var file = folder.resolve("out.tar");
        Target.write(terminal, file, out -> {
            out.write(1);
            assertThat(file).doesNotExist();
        });
        assertThat(file).hasBinaryContent(new byte[] {1});
        assertThat(folder).isDirectoryNotContaining(path -> !path.equals(file));
    }

    @Test
    void aFailureLeavesAnOlderFileAsItWas() throws Exception {
        var file = Files.writeString(folder.resolve("out.tar"), "old");
        assertThatThrownBy(() -> Target.write(terminal, file, out -> {
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
        Target.write(terminal, link, out -> out.write('n'));
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("n");
        Target.write(terminal, Path.of("/dev/null"), out -> out.write(1));
        assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
    }

    @Test
    void anInterruptEndsItAtTheNextWriteAndLeavesNoFile() {
        var file = folder.resolve("out.tar");
        assertThatThrownBy(() -> Target.write(terminal, file, out -> {
                    out.write(1);
                    interrupted = true;
                    while (true) {
                        out.write(new byte[1 << 20]);
                    }
                }))
                .isInstanceOf(InterruptedIOException.class);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void anInterruptAfterTheLastWriteLeavesNoFileEither() {
        assertThatThrownBy(() -> Target.write(terminal, folder.resolve("out.tar"), out -> interrupted = true))
                .isInstanceOf(InterruptedException.class);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void failuresNameTheFileThatWasAskedFor() {
        var missing = folder.resolve("none/out.tar");
        assertThatThrownBy(() -> Target.write(terminal, missing, out -> {}))
                .hasMessage("There is no folder " + missing.getParent());
        assertThatThrownBy(() -> Target.write(terminal, folder, out -> {}))
                .hasMessage(folder + " is a folder")
                .extracting("kind")
                .isEqualTo(StorageException.Kind.INVALID);
        assertThatThrownBy(() -> Target.write(terminal, Path.of("/dev/full"), out -> out.write(1)))
                .hasMessage("/dev/full: No space left on device");
    }

    @Test
    void whatKilledProcessesLeftBesideTheTargetGoes() throws Exception {
        var file = folder.resolve("out.tar");
        // the largest number that Linux gives is 4194304
        var stale = Files.createFile(folder.resolve(".out.tar.9999999.part"));
        var own = Files.createFile(
                folder.resolve(".out.tar." + ProcessHandle.current().pid() + ".part"));
        var alive = Files.createFile(folder.resolve(".out.tar.1.part"));
        var other = Files.createFile(folder.resolve(".other.tar.9999999.part"));
        Target.write(terminal, file, out -> out.write(1));
        assertThat(file).hasBinaryContent(new byte[] {1});
        assertThat(stale).doesNotExist();
        assertThat(own).doesNotExist();
        assertThat(alive).exists();
        assertThat(other).exists();
    }
}
