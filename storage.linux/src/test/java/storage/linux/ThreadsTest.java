package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.linux.Folder.bytes;
import static storage.linux.Folder.ok;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four threads at once: each has its own memory for arguments, so none sees another's names or results. */
class ThreadsTest {
    private static final int THREADS = 4;
    private static final int ROUNDS = 2000;
    private final Syscalls linux = Folder.LINUX;

    @Test
    void threadsDoNotDisturbEachOther(@TempDir Path temp) throws Exception {
        try (var folder = new Folder(temp)) {
            var before = descriptors();
            var pool = Executors.newFixedThreadPool(THREADS);
            try {
                var tasks = new ArrayList<Callable<Void>>();
                for (var t = 0; t < THREADS; t++) {
                    var number = t;
                    tasks.add(() -> work(folder, number));
                }
                for (var future : pool.invokeAll(tasks)) {
                    future.get();
                }
            } finally {
                pool.shutdown();
                assertThat(pool.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(descriptors()).isEqualTo(before);
        }
    }

    private Void work(Folder folder, int number) throws Exception {
        // lengths differ, so that one thread's rest of a name would show in another's
        var name = "t" + number + "n".repeat(number * 60);
        var missing = bytes("missing" + number);
        ok(linux.mkdirat(folder.fd, bytes(name), 0700));
        ok(linux.fchmodat(folder.fd, bytes(name), 0700 + number));
        var directory = ok(linux.openat(folder.fd, bytes(name), FileCalls.O_RDONLY, 0));
        var stat = new Stat();
        var value = new byte[100 * (number + 1)];
        var read = new byte[1000];
        for (var round = 0; round < ROUNDS; round++) {
            var file = bytes(name + "/" + round);
            ok(linux.close(ok(linux.openat(folder.fd, file, FileCalls.O_CREAT | FileCalls.O_WRONLY, 0600))));
            ok(linux.stat(folder.fd, bytes(name), 0, stat));
            assertThat(stat.permissions()).isEqualTo(0700 + number);
            assertThat(linux.openat(folder.fd, missing, 0, 0)).isEqualTo(-Errno.ENOENT);
            assertThat(linux.close(-1 - number)).isEqualTo(-Errno.EBADF);
            ok(linux.fsetxattr(directory, bytes("user.a"), value, 0));
            assertThat(linux.fgetxattr(directory, bytes("user.a"), read)).isEqualTo(value.length);
            ok(linux.unlinkat(directory, bytes(String.valueOf(round)), 0));
        }
        assertThat(new DirectoryStream(linux, directory).next()).isFalse();
        return closed(directory);
    }

    private Void closed(int fd) {
        ok(linux.close(fd));
        return null;
    }

    private static long descriptors() throws Exception {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }
}
