package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import storage.api.FileNames;

/** An open temporary folder, and the few calls that nearly every test makes. */
final class Folder implements AutoCloseable {
    static final Syscalls LINUX = Linux.syscalls();

    final Path path;
    final int fd;

    Folder(Path path) {
        this.path = path;
        fd = ok(LINUX.openat(
                FileCalls.AT_FDCWD,
                bytes(path.toString()),
                FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_CLOEXEC,
                0));
    }

    static byte[] bytes(String text) {
        return FileNames.encode(text);
    }

    /** The result of a call that must work. */
    static int ok(int result) {
        assertThat(result < 0 ? Errno.name(-result) : "ok").isEqualTo("ok");
        return result;
    }

    /** What a call must answer that fails. */
    static void fails(int result, int errno) {
        assertThat(result < 0 ? Errno.name(-result) : "ok").isEqualTo(Errno.name(errno));
    }

    String below(String name) {
        // not by Path: in the C locale it takes only ASCII
        return path + "/" + name;
    }

    int create(String name) {
        return ok(LINUX.openat(
                fd, bytes(name), FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_CLOEXEC, 0644));
    }

    void write(String name, String content) {
        var file = create(name);
        var buffer = direct(content);
        assertThat(LINUX.write(file, buffer)).isEqualTo(content.length());
        ok(LINUX.close(file));
    }

    Stat stat(String name) {
        var stat = new Stat();
        ok(LINUX.stat(fd, bytes(name), FileCalls.AT_SYMLINK_NOFOLLOW, stat));
        return stat;
    }

    static ByteBuffer direct(String content) {
        var bytes = content.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    static String text(ByteBuffer buffer) {
        var bytes = new byte[buffer.position()];
        buffer.get(0, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        ok(LINUX.close(fd));
    }
}
