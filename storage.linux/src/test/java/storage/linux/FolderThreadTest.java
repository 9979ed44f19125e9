package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static storage.linux.Folder.bytes;
import static storage.linux.Folder.ok;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.StorageException;

class FolderThreadTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private final Syscalls linux = Folder.LINUX;
    private Path folder;
    private FolderThread thread;

    @BeforeEach
    void make(@TempDir Path path) throws Exception {
        folder = path.toRealPath().resolve("folder");
        thread = new FolderThread(linux, folder.toString());
    }

    @AfterEach
    void close() {
        thread.close();
    }

    @Test
    void oneThreadRunsAllTasksInTheFolder() throws Exception {
        Files.createDirectory(folder);
        var before = workingDirectory();
        var first = thread.call(LIMIT, Thread::currentThread);
        assertThat(thread.call(LIMIT, this::workingDirectory)).isEqualTo(folder.toString());
        assertThat(thread.call(LIMIT, Thread::currentThread)).isSameAs(first);
        assertThat(first.isDaemon()).isTrue();
        assertThat(first.getContextClassLoader()).isNull();
        assertThat(workingDirectory()).isEqualTo(before);
        thread.close();
        first.join();
    }

    @Test
    void aFolderThatIsMissingIsToldAndLookedForAgain() throws Exception {
        assertThatThrownBy(() -> thread.call(LIMIT, this::workingDirectory))
                .isInstanceOf(SyscallException.class)
                .hasMessageContaining(folder + ": no such file or directory");
        Files.createDirectory(folder);
        assertThat(thread.call(LIMIT, this::workingDirectory)).isEqualTo(folder.toString());
    }

    @Test
    void aTaskThatHangsIsInterruptedAndHoldsUpNoOther() throws Exception {
        Files.createDirectory(folder);
        var interrupted = new CountDownLatch(1);
        assertThatThrownBy(() -> thread.call(Duration.ofMillis(20), () -> {
                    try {
                        return new CountDownLatch(1).await(1, TimeUnit.HOURS);
                    } finally {
                        interrupted.countDown();
                    }
                }))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.TIMEOUT));
        interrupted.await();
        assertThat(thread.call(LIMIT, () -> "next")).isEqualTo("next");
    }

    @Test
    void failuresComeOut() throws Exception {
        Files.createDirectory(folder);
        assertThatThrownBy(() -> thread.call(LIMIT, () -> {
                    throw new IOException("checked");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("checked");
        assertThat(thread.call(LIMIT, this::workingDirectory)).isEqualTo(folder.toString());
    }

    private String workingDirectory() {
        var into = new byte[4096];
        var length = ok(linux.readlinkat(FileCalls.AT_FDCWD, bytes("/proc/thread-self/cwd"), into));
        return storage.api.FileNames.decode(into, 0, length);
    }
}
