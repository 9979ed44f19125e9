package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static storage.linux.Folder.bytes;
import static storage.linux.Folder.ok;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PathBytesTest {
    @Test
    void anyBytesGoThroughThePathOfTheJdk() {
        var random = new Random(11);
        for (var round = 0; round < 2000; round++) {
            var bytes = new byte[2 + random.nextInt(40)];
            random.nextBytes(bytes);
            bytes[0] = '/';
            for (var i = 1; i < bytes.length; i++) {
                // a path of the JDK has no empty components and no slash at the end
                bytes[i] = bytes[i] == 0 || bytes[i] == '/' ? (byte) '%' : bytes[i];
            }
            assertThat(PathBytes.of(PathBytes.path(bytes))).isEqualTo(bytes);
        }
    }

    @Test
    void theJdkReachesTheSameFile(@TempDir Path temp) throws Exception {
        var name = new byte[] {'c', (byte) 0xe9, '%', ' ', '?', '#', (byte) 0xc3, (byte) 0xa9};
        try (var folder = new Folder(temp)) {
            ok(Folder.LINUX.mkdirat(folder.fd, name, 0755));
            var base = bytes(temp + "/");
            var whole = java.util.Arrays.copyOf(base, base.length + name.length);
            System.arraycopy(name, 0, whole, base.length, name.length);
            var path = PathBytes.path(whole);
            assertThat(Files.isDirectory(path)).isTrue();
            assertThat(PathBytes.of(path)).isEqualTo(whole);
            assertThat(PathBytes.path(PathBytes.text(path))).isEqualTo(path);
            Files.delete(path);
        }
    }

    @Test
    void plainPaths() {
        assertThat(PathBytes.text(Path.of("/"))).isEqualTo("/");
        assertThat(PathBytes.of(Path.of("a/b"))).asString().isEqualTo("a/b");
        assertThat(PathBytes.path("/")).isEqualTo(Path.of("/"));
        assertThatIllegalArgumentException().isThrownBy(() -> PathBytes.path("a"));
        assertThatIllegalArgumentException().isThrownBy(() -> PathBytes.path(""));
    }
}
