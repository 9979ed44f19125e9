package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static storage.linux.Folder.bytes;
import static storage.linux.Folder.ok;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.FileNames;

class DirectoryStreamTest {
    private final Syscalls linux = Folder.LINUX;
    private Folder folder;

    @BeforeEach
    void open(@TempDir Path path) {
        folder = new Folder(path);
    }

    @AfterEach
    void close() {
        folder.close();
    }

    @Test
    void everyEntryOnceAndNoDots() throws Exception {
        var made = new HashSet<String>();
        for (var i = 0; i < 3000; i++) {
            var name = "entry-" + i + "x".repeat(i % 200);
            folder.write(name, "");
            made.add(name);
        }
        for (var name : new String[] {".hidden", "...", "..x", ".x"}) {
            folder.write(name, "");
            made.add(name);
        }
        var stream = new DirectoryStream(linux, folder.fd);
        for (var round = 0; round < 2; round++) {
            var seen = new HashSet<String>();
            while (stream.next()) {
                assertThat(seen.add(FileNames.decode(stream.name()))).isTrue();
            }
            assertThat(seen).isEqualTo(made);
            assertThat(stream.next()).as("the end stays the end").isFalse();
            assertThat(linux.lseek(folder.fd, 0, FileCalls.SEEK_SET)).isZero();
            stream.restart(folder.fd);
        }
    }

    @Test
    void typesAndInodes() throws Exception {
        folder.write("file", "");
        ok(linux.mkdirat(folder.fd, bytes("directory"), 0755));
        ok(linux.symlinkat(bytes("x"), folder.fd, bytes("link")));
        ok(linux.mknodat(folder.fd, bytes("fifo"), Stat.S_IFIFO | 0600, 0));
        var types = new HashMap<String, Integer>();
        var stream = new DirectoryStream(linux, folder.fd);
        while (stream.next()) {
            var name = FileNames.decode(stream.name());
            types.put(name, stream.type());
            assertThat(stream.inode()).isEqualTo(folder.stat(name).inode);
        }
        assertThat(types)
                .containsOnly(
                        java.util.Map.entry("file", DirectoryStream.DT_REG),
                        java.util.Map.entry("directory", DirectoryStream.DT_DIR),
                        java.util.Map.entry("link", DirectoryStream.DT_LNK),
                        java.util.Map.entry("fifo", DirectoryStream.DT_FIFO));
    }

    @Test
    void aRemovedDirectoryIsEmptyAndAFileIsAnError() throws Exception {
        ok(linux.mkdirat(folder.fd, bytes("gone"), 0755));
        var fd = ok(linux.openat(folder.fd, bytes("gone"), FileCalls.O_RDONLY, 0));
        ok(linux.unlinkat(folder.fd, bytes("gone"), FileCalls.AT_REMOVEDIR));
        assertThat(new DirectoryStream(linux, fd).next()).isFalse();
        ok(linux.close(fd));
        var file = folder.create("file");
        assertThatThrownBy(() -> new DirectoryStream(linux, file).next())
                .isInstanceOf(SyscallException.class)
                .hasMessageContaining(folder.below("file"))
                .hasMessageContaining("ENOTDIR");
        ok(linux.close(file));
    }

    @Test
    void recordsThatMakeNoSenseAreAnError() {
        for (var seed = 0; seed < 500; seed++) {
            var random = new Random(seed);
            var garbage = new byte[1 + random.nextInt(200)];
            random.nextBytes(garbage);
            var stream = new DirectoryStream(answering(garbage), 3);
            try {
                while (stream.next()) {
                    assertThat(stream.name().length).isLessThan(garbage.length);
                }
            } catch (SyscallException e) {
                assertThat(e.errno()).isEqualTo(Errno.EIO);
            }
        }
    }

    @Test
    void aRecordOfLengthZeroIsNoEndlessLoop() {
        var record = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
        assertThatThrownBy(() -> new DirectoryStream(answering(record.array()), 3).next())
                .isInstanceOf(SyscallException.class);
    }

    /** A kernel whose getdents gives these bytes once, and which knows nothing else. */
    private static Syscalls answering(byte[] records) {
        var given = new boolean[1];
        return (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (self, method, arguments) -> {
                    if (!"getdents".equals(method.getName())) {
                        return -Errno.ENOSYS;
                    }
                    if (given[0]) {
                        return 0;
                    }
                    given[0] = true;
                    ((ByteBuffer) arguments[1]).put(records);
                    return records.length;
                });
    }
}
