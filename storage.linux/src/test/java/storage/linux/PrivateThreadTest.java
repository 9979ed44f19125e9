package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static storage.linux.Folder.bytes;
import static storage.linux.Folder.ok;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.StorageException;
import storage.linux.PrivateThread.Isolation;

class PrivateThreadTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private final Syscalls linux = Folder.LINUX;

    @Test
    void theWorkingDirectoryMovesForTheThreadAlone(@TempDir Path path) throws Exception {
        var before = workingDirectory();
        try (var folder = new Folder(path.toRealPath())) {
            folder.write("here", "x");
            var size = PrivateThread.call(linux, Isolation.WORKING_DIRECTORY, LIMIT, () -> {
                ok(linux.fchdir(folder.fd));
                var stat = new Stat();
                ok(linux.stat(FileCalls.AT_FDCWD, bytes("here"), 0, stat));
                assertThat(workingDirectory()).isEqualTo(folder.path.toString());
                return stat.size;
            });
            assertThat(size).isEqualTo(1);
        }
        assertThat(workingDirectory()).isEqualTo(before);
    }

    @Test
    void failuresComeOut() {
        assertThatThrownBy(() -> call(() -> {
                    throw new FileNotFoundException("checked");
                }))
                .isInstanceOf(FileNotFoundException.class);
        assertThatThrownBy(() -> call(() -> {
                    throw new IllegalStateException("unchecked");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> call(() -> {
                    throw new AssertionError("error");
                }))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> call(() -> {
                    throw new Exception("other");
                }))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("other");
    }

    @Test
    void aRefusalIsTheCallThatWasRefused() {
        var powerless = (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(),
                new Class<?>[] {Syscalls.class},
                (self, method, arguments) -> -Errno.EPERM);
        assertThatThrownBy(() -> PrivateThread.call(powerless, Isolation.MOUNTS, LIMIT, () -> 1))
                .isInstanceOf(SyscallException.class)
                .hasMessage("unshare: operation not permitted (EPERM)");
    }

    @Test
    void aTaskThatHangsIsGivenUpAndInterrupted() throws Exception {
        var interrupted = new CountDownLatch(1);
        assertThatThrownBy(() -> PrivateThread.call(linux, Isolation.WORKING_DIRECTORY, Duration.ofMillis(20), () -> {
                    try {
                        return new CountDownLatch(1).await(1, java.util.concurrent.TimeUnit.HOURS);
                    } finally {
                        interrupted.countDown();
                    }
                }))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.TIMEOUT));
        interrupted.await();
    }

    @Test
    void anInterruptEndsTheWaitAndStays() {
        var never = new CountDownLatch(1);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> call(() -> never.await(1, java.util.concurrent.TimeUnit.HOURS)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.INTERRUPTED));
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void whatTheKernelDoesAtOnceIsDoneForAnInterruptedCallerToo() throws Exception {
        Thread.currentThread().interrupt();
        assertThat(call(() -> 1)).isEqualTo(1);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void whatComesAfterTheCallerHasGoneIsClosed() throws Exception {
        var goOn = new CountDownLatch(1);
        var closed = new CountDownLatch(1);
        assertThatThrownBy(() -> PrivateThread.call(linux, Isolation.WORKING_DIRECTORY, Duration.ofMillis(20), () -> {
                    awaitAsTheKernelDoes(goOn);
                    return (AutoCloseable) closed::countDown;
                }))
                .isInstanceOf(StorageException.class);
        goOn.countDown();
        assertThat(closed.await(60, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
    }

    /** No interrupt reaches it. */
    private static void awaitAsTheKernelDoes(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException e) {
                // once more
            }
        }
    }

    private <T> T call(java.util.concurrent.Callable<T> task) throws IOException {
        return PrivateThread.call(linux, Isolation.WORKING_DIRECTORY, LIMIT, task);
    }

    private String workingDirectory() {
        var into = new byte[4096];
        var length = ok(linux.readlinkat(FileCalls.AT_FDCWD, bytes("/proc/thread-self/cwd"), into));
        return storage.api.FileNames.decode(into, 0, length);
    }
}
