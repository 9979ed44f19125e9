package storage.btrfs.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers in items, which have the byte order of the disk, whatever that of the buffer. */
public final class LittleEndian {
    private LittleEndian() {}

    public static long getLong(ByteBuffer buffer, int at) {
        var value = buffer.getLong(at);
        return buffer.order() == ByteOrder.LITTLE_ENDIAN ? value : Long.reverseBytes(value);
    }

    public static int getInt(ByteBuffer buffer, int at) {
        var value = buffer.getInt(at);
        return buffer.order() == ByteOrder.LITTLE_ENDIAN ? value : Integer.reverseBytes(value);
    }

    /** Without a sign. */
    public static int getShort(ByteBuffer buffer, int at) {
        var value = buffer.getShort(at);
        return (buffer.order() == ByteOrder.LITTLE_ENDIAN ? value : Short.reverseBytes(value)) & 0xffff;
    }
}
