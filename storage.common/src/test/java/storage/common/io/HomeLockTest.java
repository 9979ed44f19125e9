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
                    .contains("process " + ProcessHandle.current().pid() + " (");
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
            assertThat(refused(file).getMessage()).endsWith(known(file)).doesNotContain("gone");
            // the moment between the lock and the name
            Files.writeString(file, "{\"pid\":");
            assertThat(refused(file).getMessage()).endsWith(known(file));
            Files.write(file, new byte[0]);
            assertThat(refused(file).getMessage()).endsWith(known(file));
        }
    }

    /** What the kernel tells, which on some filesystems is nothing. */
    private static String known(Path file) {
        var pid = FileLocks.holder(file);
        assertThat(pid.orElse(ProcessHandle.current().pid()))
                .isEqualTo(ProcessHandle.current().pid());
        return pid.isPresent() ? "by process " + pid.getAsLong() : "by another process";
    }

    @Test
    void aProgramSaysWhatItIsCalled() throws Exception {
        System.setProperty(ProcessName.PROPERTY, "storage import - --name slow\n");
        try (var held = HomeLock.take(Linux.syscalls(), folder.resolve("lock"), "The store")) {
            assertThat(held).isNotNull();
            assertThat(refused(folder.resolve("lock")).getMessage())
                    .endsWith("process " + ProcessHandle.current().pid() + " (storage import - --name slow?)");
        } finally {
            System.clearProperty(ProcessName.PROPERTY);
        }
    }

    @Test
    void otherJvmsAreCalledByWhatTheyRunAndNotByTheirOptions() throws Exception {
        assertThat(ProcessName.current().command())
                .isNotEmpty()
                .startsWith(System.getProperty("sun.java.command").substring(0, 20));
    }

    /** Or a process that lives on would be named in place of the next holder. */
    @Test
    void whoGivesTheLockUpTakesItsNameOut() throws Exception {
        var file = folder.resolve("lock");
        HomeLock.take(Linux.syscalls(), file, "The store").close();
        assertThat(HomeLock.holder(file)).isEmpty();
    }

    @Test
    void theKernelKnowsTheHolder() throws Exception {
        var file = Files.createFile(folder.resolve("lock"));
        assertThat(FileLocks.holder(file)).isEmpty();
        assertThat(FileLocks.holder(folder.resolve("none"))).isEmpty();
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
