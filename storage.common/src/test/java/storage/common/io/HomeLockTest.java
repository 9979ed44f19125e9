package storage.common.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.StorageException;
import storage.linux.Linux;

class HomeLockTest {
    @TempDir
    Path folder;

    private StorageException refused(Path file) {
        var failure = catchThrowable(
                () -> HomeLock.take(Linux.syscalls(), file, "The store").close());
        assertThat(failure).isInstanceOf(StorageException.class);
        return (StorageException) failure;
    }

    @Test
    void secondTakerIsToldWhoHoldsIt() throws Exception {
        var file = folder.resolve("lock");
        try (var held = HomeLock.take(Linux.syscalls(), file, "The store")) {
            assertThat(held).isNotNull();
            var refusal = refused(file);
            assertThat(refusal.kind()).isEqualTo(StorageException.Kind.LOCKED);
            assertThat(refusal.getMessage())
                    .startsWith("The store ")
                    .contains(Long.toString(ProcessHandle.current().pid()))
                    .contains("java");
            assertThat(HomeLock.holder(file)).contains(ProcessName.current());
        }
        HomeLock.take(Linux.syscalls(), file, "The store").close();
    }

    @Test
    void processThatIsGoneIsNotNamed() throws Exception {
        var file = folder.resolve("lock");
        try (var held = HomeLock.take(Linux.syscalls(), file, "The store")) {
            assertThat(held).isNotNull();
            // the same number, started at another time: a later process
            JsonFile.write(
                    folder.resolve("other"),
                    new ProcessName(ProcessHandle.current().pid(), 1, "gone"));
            Files.write(file, Files.readAllBytes(folder.resolve("other")));
            assertThat(refused(file).getMessage()).contains("another process").doesNotContain("gone");
            Files.writeString(file, "{\"pid\":");
            assertThat(refused(file).getMessage()).contains("another process");
        }
    }

    @Test
    void textOfALongerNameLeavesNothing() throws Exception {
        var file = Files.writeString(folder.resolve("lock"), "x".repeat(5000));
        try (var held = HomeLock.take(Linux.syscalls(), file, "The store")) {
            assertThat(held).isNotNull();
            assertThat(JsonFile.read(file, ProcessName.class)).contains(ProcessName.current());
        }
    }
}
