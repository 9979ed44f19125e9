package storage.selector.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.selector.state.ActiveDriver.Entry;

class ActiveDriverTest {
    @TempDir
    Path root;

    @Test
    void theFirstRecordMakesThePrivateFolder() throws IOException {
        var active = new ActiveDriver(root);
        assertThat(active.read()).isEmpty();

        assertThat(active.record("vfs", Optional.empty())).isTrue();

        assertThat(active.read()).contains(new Entry("vfs", 1));
        assertThat(root.resolve("storage/active")).hasContent("{\"driver\":\"vfs\",\"generation\":1}");
        assertThat(Files.getPosixFilePermissions(root.resolve("storage")))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void anotherDriverIsAnotherGenerationTheSameIsNot() throws IOException {
        var active = new ActiveDriver(root);
        active.record("vfs", Optional.empty());
        active.record("vfs", active.read());
        assertThat(active.read()).contains(new Entry("vfs", 1));

        active.record("btrfs", active.read());

        assertThat(active.read()).contains(new Entry("btrfs", 2));
    }

    @Test
    void whoeverWasFasterStays() throws IOException {
        var active = new ActiveDriver(root);
        var seen = active.read();
        active.record("btrfs", seen);

        assertThat(active.record("vfs", seen)).isFalse();
        assertThat(active.read()).contains(new Entry("btrfs", 1));
    }

    @Test
    void damageIsToldAndSetAsideByTheNextRecord() throws IOException {
        var file = root.resolve("storage/active");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "{\"dri");
        var active = new ActiveDriver(root);
        assertThatThrownBy(active::read).isInstanceOfSatisfying(StorageException.class, e -> {
            assertThat(e.kind()).isEqualTo(Kind.DAMAGED);
            assertThat(e.advice()).isNotEmpty();
        });

        assertThat(active.record("vfs", Optional.empty())).isTrue();

        assertThat(active.read()).contains(new Entry("vfs", 1));
        assertThat(root.resolve("storage/quarantine/storage-active")).hasContent("{\"dri");
    }
}
