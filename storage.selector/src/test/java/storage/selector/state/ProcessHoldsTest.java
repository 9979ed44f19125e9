package storage.selector.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.LayerId;

class ProcessHoldsTest {
    private static final LayerId BOX = new LayerId("box");

    @TempDir
    Path state;

    private Path file() {
        return state.resolve("process.json");
    }

    @Test
    void whatAProcessLeavesItTakesOnce() throws IOException {
        new ProcessHolds(state).leave(Map.of(BOX, 3, new LayerId("other"), 1));
        assertThat(new ProcessHolds(state).take()).isEqualTo(Map.of(BOX, 3, new LayerId("other"), 1));
        assertThat(new ProcessHolds(state).take()).isEmpty();
        assertThat(file()).doesNotExist();
    }

    @Test
    void nothingLeavesNoFile() throws IOException {
        new ProcessHolds(state).leave(Map.of(BOX, 1));
        new ProcessHolds(state).leave(Map.of());
        assertThat(file()).doesNotExist();
    }

    /** A number of a process comes again; the time that it started at does not. */
    @Test
    void holdsOfAnotherProcessSayNothing() throws IOException {
        new ProcessHolds(state).leave(Map.of(BOX, 3));
        var text = Files.readString(file());
        Files.writeString(file(), text.replaceAll("\"started\":\\d+", "\"started\":17"));
        assertThat(new ProcessHolds(state).take()).isEmpty();

        Files.writeString(file(), text.replaceAll("\"pid\":\\d+", "\"pid\":1"));
        assertThat(new ProcessHolds(state).take()).isEmpty();
        assertThat(file()).as("process 1 lives").exists();

        Files.writeString(file(), text.replaceAll("\"boot\":\"[^\"]*\"", "\"boot\":\"x\""));
        assertThat(new ProcessHolds(state).take()).isEmpty();
        assertThat(file()).doesNotExist();
    }

    @Test
    void whatCannotBeReadSaysNothing() throws IOException {
        Files.writeString(file(), "{\"boot\":");
        assertThat(new ProcessHolds(state).take()).isEmpty();
        new ProcessHolds(state).leave(Map.of(BOX, 1));
        Files.writeString(file(), Files.readString(file()).replace("\"box\"", "\"../x\""));
        assertThat(new ProcessHolds(state).take()).isEmpty();
    }
}
