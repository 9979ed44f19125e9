package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static storage.linux.Folder.bytes;
import static storage.linux.Folder.fails;
import static storage.linux.Folder.ok;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FdStreamsTest {
    private final Syscalls linux = Folder.LINUX;
    private final byte[] content = new byte[300_000];
    private Folder folder;

    @BeforeEach
    void open(@TempDir Path path) throws IOException {
        folder = new Folder(path);
        new Random(1).nextBytes(content);
        Files.write(path.resolve("in"), content);
    }

    @AfterEach
    void close() {
        folder.close();
    }

    private int input() {
        return ok(linux.openat(folder.fd, bytes("in"), FileCalls.O_RDONLY, 0));
    }

    @Test
    void readsInPiecesOfAnySize() throws Exception {
        var random = new Random(2);
        var read = new ByteArrayOutputStream();
        try (var in = FdInputStream.owning(linux, input())) {
            assertThat(in.read(new byte[0])).isZero();
            var piece = new byte[100_000];
            int count;
            do {
                count = in.read(piece, 5, random.nextInt(piece.length - 10) + 1);
                read.write(piece, 5, Math.max(0, count));
                var one = count < 0 ? -1 : in.read();
                if (one >= 0) {
                    read.write(one);
                }
            } while (count >= 0);
            assertThat(in.read()).isEqualTo(-1);
        }
        assertThat(read.toByteArray()).isEqualTo(content);
    }

    @Test
    void writesInFull() throws Exception {
        var fd = folder.create("out");
        try (var out = FdOutputStream.owning(linux, fd)) {
            out.write(content[0]);
            out.write(content, 1, 10);
            out.write(content, 11, content.length - 11);
        }
        fails(linux.close(fd), Errno.EBADF);
        assertThat(folder.path.resolve("out")).hasBinaryContent(content);
    }

    @Test
    void copiesBetweenFilesFromAndToWhereTheyStand() throws Exception {
        var in = input();
        var out = folder.create("out");
        assertThat(linux.lseek(in, 1000, FileCalls.SEEK_SET)).isEqualTo(1000);
        try (var from = FdInputStream.owning(linux, in);
                var to = FdOutputStream.owning(linux, out)) {
            to.write('#');
            assertThat(from.transferTo(to)).isEqualTo(content.length - 1000);
            assertThat(from.read()).isEqualTo(-1);
            to.write('#');
        }
        var copy = Files.readAllBytes(folder.path.resolve("out"));
        assertThat(copy).hasSize(content.length - 1000 + 2).startsWith('#').endsWith('#');
        assertThat(java.util.Arrays.equals(copy, 1, copy.length - 1, content, 1000, content.length))
                .isTrue();
    }

    @Test
    void copiesWhatTheKernelCannotCopyItself() throws Exception {
        // a file of /proc has no size, and an appended one takes no copy_file_range
        var status = ok(linux.openat(FileCalls.AT_FDCWD, bytes("/proc/version"), FileCalls.O_RDONLY, 0));
        ok(linux.close(folder.create("out")));
        var out = ok(linux.openat(folder.fd, bytes("out"), FileCalls.O_WRONLY | FileCalls.O_APPEND, 0));
        try (var from = FdInputStream.owning(linux, status);
                var to = FdOutputStream.owning(linux, out)) {
            assertThat(from.transferTo(to)).isPositive();
        }
        assertThat(folder.path.resolve("out")).hasSameBinaryContentAs(Path.of("/proc/version"));
        var bytes = new ByteArrayOutputStream();
        try (var from = FdInputStream.owning(linux, input())) {
            assertThat(from.transferTo(bytes)).isEqualTo(content.length);
        }
        assertThat(bytes.toByteArray()).isEqualTo(content);
    }

    @Test
    void closingConcernsOnlyWhatIsOwned() throws Exception {
        var fd = input();
        var in = FdInputStream.borrowing(linux, fd);
        in.close();
        assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessageContaining("closed");
        var out = FdOutputStream.borrowing(linux, fd);
        assertThatThrownBy(() -> out.write(1))
                .isInstanceOf(SyscallException.class)
                .hasMessageContaining("EBADF");
        out.close();
        assertThatThrownBy(() -> out.write(1)).hasMessageContaining("closed");
        ok(linux.close(fd));
        var owned = FdInputStream.owning(linux, input());
        owned.close();
        owned.close();
        try (var directory = FdInputStream.borrowing(linux, folder.fd)) {
            assertThatThrownBy(directory::read)
                    .isInstanceOf(SyscallException.class)
                    .hasMessageContaining("read " + folder.path)
                    .hasMessageContaining("EISDIR");
        }
    }
}
