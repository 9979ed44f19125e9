package storage.common.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import storage.api.FileNames;
import storage.api.Layer;
import storage.common.io.JsonFile;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
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
final class RecordFile implements AutoCloseable {
    private static final String PRISTINE = "{\"pristineBefore\":";
    private static final String FILLED = ",\"filled\":";
    private static final int NUMBER = 19;
    private static final int BOOLEAN = 5;
    private static final int HEAD = PRISTINE.length() + NUMBER + FILLED.length() + BOOLEAN;
    private static final int MODE = 0600;

    private final Syscalls linux;
    private final byte[] path;
    private final Fd fd;
    /** Of an older form, perhaps. */
    private boolean looked;

    private RecordFile(Syscalls linux, byte[] path, Fd fd, boolean looked) {
        this.linux = linux;
        this.path = path;
        this.fd = fd;
        this.looked = looked;
    }

    /** What is written of a record when it is made, see {@link RecordOrder#byAttribute}. */
    private static final byte[] ATTRIBUTE = FileNames.encode("user.storage.record");

    /** The fields of {@link LayerRecord} that never change. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Rest(String parent, Layer.Kind kind, String label, Map<String, String> options, String created) {}

    /**
     * Writes a record's file, which is not there yet. Nothing that is made afterwards reaches the disk before it.
     *
     * @param mask the permission bits that new files lack
     */
    static RecordFile create(Syscalls linux, byte[] path, LayerRecord record, int mask, RecordOrder order)
            throws IOException {
        var flags =
                FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_TRUNC | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        var file = new RecordFile(linux, path, open(linux, path, flags), true);
        try {
            if ((mask & MODE) != 0) {
                Errno.check(linux.fchmod(file.fd.number(), MODE), "fchmod", file.name());
            }
            var bytes = bytes(record);
            var synced = order == RecordOrder.NONE || order.byAttribute() && file.attach(bytes);
            file.write(bytes);
            if (!synced) {
                file.sync();
            }
            return file;
        } catch (IOException e) {
            file.close();
            linux.unlinkat(FileCalls.AT_FDCWD, path, 0);
            throw e;
        }
    }

    /** False if it has no room for it, or the filesystem knows no such attributes. */
    private boolean attach(byte[] bytes) {
        return linux.fsetxattr(fd.number(), ATTRIBUTE, bytes, 0) == 0;
    }

    /**
     * What a record said when it was made, for a file whose content a power cut has taken; empty if that is not known.
     */
    static Optional<byte[]> attached(Syscalls linux, byte[] path) {
        var size = linux.lgetxattr(path, ATTRIBUTE, new byte[0]);
        if (size <= 0) {
            return Optional.empty();
        }
        var bytes = new byte[size];
        return linux.lgetxattr(path, ATTRIBUTE, bytes) == size ? Optional.of(bytes) : Optional.empty();
    }

    /** The content is on disk when the call returns. */
    void sync() throws IOException {
        Errno.check(linux.fdatasync(fd.number()), "fdatasync", name());
    }

    /** Whether it lies on the filesystem of a folder, so that syncing that syncs this. */
    boolean isBeside(Fd folder) throws IOException {
        return device(fd) == device(folder);
    }

    private long device(Fd of) throws IOException {
        var stat = new Stat();
        Errno.check(linux.stat(of.number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat), "stat", name());
        return stat.device;
    }

    /** Opens the file of a record that was written earlier. */
    static RecordFile open(Syscalls linux, byte[] path) throws IOException {
        var flags = FileCalls.O_RDWR | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        return new RecordFile(linux, path, open(linux, path, flags), false);
    }

    /** Writes the fields that change. A file of an older form is written anew as a whole. */
    void update(LayerRecord record) throws IOException {
        if (!looked) {
            var start = ByteBuffer.allocateDirect(HEAD);
            Errno.check(linux.pread(fd.number(), start, 0), "pread", name());
            if (!isHead(start.flip())) {
                JsonFile.write(PathBytes.path(path), record);
                return;
            }
            looked = true;
        }
        write(head(record).getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * The filesystem's own present, by touching the file: what is written from now on has no earlier change time. In
     * nanoseconds since 1970.
     */
    long now() throws IOException {
        var result = linux.futimens(fd.number(), 0, FileCalls.UTIME_NOW, 0, FileCalls.UTIME_NOW);
        Errno.check(result, "utimensat", name());
        var stat = new Stat();
        Errno.check(linux.stat(fd.number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat), "stat", name());
        return Math.addExact(Math.multiplyExact(stat.changedSeconds, 1_000_000_000L), stat.changedNanos);
    }

    @Override
    public void close() {
        fd.close();
    }

    private String name() {
        return FileNames.decode(path);
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

    private void write(byte[] bytes) throws IOException {
        var buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        while (buffer.hasRemaining()) {
            Errno.check(linux.pwrite(fd.number(), buffer, buffer.position()), "pwrite", name());
        }
    }

    /** A record as it lies in a file. */
    static byte[] bytes(LayerRecord record) throws IOException {
        // what follows the two fields, which come first
        var rest = new Rest(record.parent(), record.kind(), record.label(), record.options(), record.created());
        var json = new String(JsonFile.bytes(rest), StandardCharsets.UTF_8);
        return (head(record) + "," + json.substring(1)).getBytes(StandardCharsets.UTF_8);
    }

    private static String head(LayerRecord record) {
        return PRISTINE
                + padded(String.valueOf(record.pristineBefore() == null ? 0 : record.pristineBefore()), NUMBER)
                + FILLED
                + padded(String.valueOf(record.filled()), BOOLEAN);
    }

    private static String padded(String value, int width) {
        return value + " ".repeat(width - value.length());
    }
}
