package storage.common.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import storage.api.FileNames;
import storage.api.Layer;
import storage.common.io.JsonFile;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Layer records as files: JSON whose fields that change have the same width whatever they say, so that writing a record
 * again changes a few bytes in place and never the file's size.
 *
 * <p>{@code pristineBefore} has the width of the largest number of 64 bits and is followed by blanks, with 0 for unknown;
 * {@code filled} has that of {@code false}. Blanks mean nothing between the values of JSON, and what those fields hold lies
 * within the first 512 bytes of any record, where a disk writes all or nothing, because they come first.
 */
final class RecordFile {
    private static final String PRISTINE = "{\"pristineBefore\":";
    private static final String FILLED = ",\"filled\":";
    private static final int NUMBER = 19;
    private static final int BOOLEAN = 5;
    private static final int HEAD = PRISTINE.length() + NUMBER + FILLED.length() + BOOLEAN;
    private static final int MODE = 0600;

    private RecordFile() {}

    /** The fields of {@link LayerRecord} that never change. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Rest(String parent, Layer.Kind kind, String label, Map<String, String> options, String created) {}

    /** Writes a record's file, which is not there yet; its content is on disk when the call returns. */
    static void create(Syscalls linux, byte[] path, LayerRecord record) throws IOException {
        var flags =
                FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_TRUNC | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        try (var fd = open(linux, path, flags)) {
            Errno.check(linux.fchmod(fd.number(), MODE), "fchmod", FileNames.decode(path));
            write(linux, fd, path, bytes(record));
            Errno.check(linux.fdatasync(fd.number()), "fdatasync", FileNames.decode(path));
        } catch (IOException e) {
            linux.unlinkat(FileCalls.AT_FDCWD, path, 0);
            throw e;
        }
    }

    /** Writes the fields that change into a record's file. One of an older form is written anew as a whole. */
    static void update(Syscalls linux, byte[] path, LayerRecord record) throws IOException {
        var flags = FileCalls.O_RDWR | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        try (var fd = open(linux, path, flags)) {
            var start = ByteBuffer.allocateDirect(HEAD);
            Errno.check(linux.pread(fd.number(), start, 0), "pread", FileNames.decode(path));
            if (isHead(start.flip())) {
                write(linux, fd, path, Arrays.copyOf(bytes(record), HEAD));
                return;
            }
        }
        JsonFile.write(storage.linux.PathBytes.path(path), record);
    }

    private static boolean isHead(ByteBuffer start) {
        if (start.remaining() < HEAD) {
            return false;
        }
        var bytes = new byte[HEAD];
        start.get(bytes);
        var text = new String(bytes, StandardCharsets.US_ASCII);
        return text.startsWith(PRISTINE) && text.startsWith(FILLED, PRISTINE.length() + NUMBER);
    }

    private static Fd open(Syscalls linux, byte[] path, int flags) throws SyscallException {
        return Fd.of(
                linux,
                Errno.check(linux.openat(FileCalls.AT_FDCWD, path, flags, MODE), "openat", FileNames.decode(path)));
    }

    private static void write(Syscalls linux, Fd fd, byte[] path, byte[] bytes) throws IOException {
        var buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        while (buffer.hasRemaining()) {
            Errno.check(linux.pwrite(fd.number(), buffer, buffer.position()), "pwrite", FileNames.decode(path));
        }
    }

    /** A record as it lies in a file. */
    static byte[] bytes(LayerRecord record) throws IOException {
        var head = PRISTINE
                + padded(String.valueOf(record.pristineBefore() == null ? 0 : record.pristineBefore()), NUMBER)
                + FILLED
                + padded(String.valueOf(record.filled()), BOOLEAN);
        // what follows the two fields, which come first
        var rest = new Rest(record.parent(), record.kind(), record.label(), record.options(), record.created());
        var json = new String(JsonFile.bytes(rest), StandardCharsets.UTF_8);
        return (head + "," + json.substring(1)).getBytes(StandardCharsets.UTF_8);
    }

    private static String padded(String value, int width) {
        return value + " ".repeat(width - value.length());
    }
}
