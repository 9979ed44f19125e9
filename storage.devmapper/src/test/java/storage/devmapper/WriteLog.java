package storage.devmapper;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What dm-log-writes has written to its log device, Documentation/admin-guide/device-mapper/log-writes.rst and the structures
 * in drivers/md/dm-log-writes.c: a superblock, then entries of one sector, each followed by what was written, in the order
 * in which it became durable. All numbers are little-endian; sectors have the size that the superblock tells.
 */
final class WriteLog implements AutoCloseable {
    private static final long MAGIC = 0x6a736677736872L;
    private static final long VERSION = 1;
    private static final int FLUSH = 1;
    private static final int FUA = 2;
    private static final int DISCARD = 4;
    private static final int MARK = 8;
    private static final int ENTRY_BYTES = 32;

    private final FileChannel log;
    private final long count;
    private final int sector;
    private long at;
    private long number;

    WriteLog(Path device) throws IOException {
        log = FileChannel.open(device, StandardOpenOption.READ);
        var head = read(0, ENTRY_BYTES);
        if (head.getLong(0) != MAGIC || head.getLong(8) != VERSION) {
            throw new IOException(device + " holds no log of writes");
        }
        count = head.getLong(16);
        sector = head.getInt(24);
        at = sector;
    }

    /**
     * An entry that was replayed.
     *
     * @param durable whether all before it, and itself, outlive a power cut
     * @param mark the text that a test has put there, or empty
     */
    record Entry(boolean durable, String mark) {}

    boolean hasNext() {
        return number < count;
    }

    /** Does to a disk what the next entry says. */
    Entry replay(FileChannel disk) throws IOException {
        var head = read(at, ENTRY_BYTES);
        var to = head.getLong(0) * sector;
        var length = head.getLong(8) * sector;
        var flags = (int) head.getLong(16);
        var text = (flags & MARK) == 0 ? "" : mark((int) head.getLong(24));
        at += sector;
        number++;
        if ((flags & MARK) == 0 && (flags & DISCARD) == 0 && length > 0) {
            var data = read(at, Math.toIntExact(length));
            while (data.hasRemaining()) {
                disk.write(data, to + data.position());
            }
            at += length;
        }
        return new Entry((flags & (FLUSH | FUA)) != 0, text);
    }

    /** It follows its entry in the same sector. */
    private String mark(int length) throws IOException {
        var text = read(at + ENTRY_BYTES, length);
        return StandardCharsets.UTF_8.decode(text).toString().replace("\0", "");
    }

    private ByteBuffer read(long from, int length) throws IOException {
        var bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (log.read(bytes, from + bytes.position()) < 0) {
                throw new EOFException("the log ends before its last entry");
            }
        }
        return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() throws IOException {
        log.close();
    }
}
