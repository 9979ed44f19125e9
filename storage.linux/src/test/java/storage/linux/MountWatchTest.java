package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.linux.Folder.bytes;
import static storage.linux.Folder.ok;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountWatchTest {
    private static final byte[] NONE = {};
    private final Syscalls linux = Folder.LINUX;

    @Test
    void seesEveryChange(@TempDir Path folder) throws Exception {
        Gate.root();
        var point =
                Files.createDirectory(folder.toRealPath().resolve("watched")).toString();
        try (var watch = new MountWatch(linux)) {
            assertThat(watch.mentions(point)).isFalse();
            for (var round = 0; round < 3; round++) {
                ok(linux.mount(bytes("none"), bytes(point), bytes("tmpfs"), 0, NONE));
                assertThat(watch.mentions(point)).isTrue();
                assertThat(watch.mentions(point)).isTrue();
                ok(linux.umount2(bytes(point), 0));
                assertThat(watch.mentions(point)).isFalse();
                assertThat(watch.mentions(point)).isFalse();
            }
        }
    }

    @Test
    void mentionsWhatAnyLineHas() throws Exception {
        try (var watch = new MountWatch(linux)) {
            assertThat(watch.mentions("proc")).isTrue();
            assertThat(watch.mentions("/no-such-mount-anywhere")).isFalse();
        }
    }

    @Test
    void holdsNoDescriptorOnceItIsClosed() throws Exception {
        var watch = new MountWatch(linux);
        assertThat(watch.mentions("/proc")).isTrue();
        assertThat(tables()).isEqualTo(1);
        watch.close();
        watch.close();
        assertThat(tables()).isZero();
    }

    private static long tables() throws IOException {
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(MountWatchTest::isTable).count();
        }
    }

    private static boolean isTable(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().endsWith("/mountinfo");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }
}
