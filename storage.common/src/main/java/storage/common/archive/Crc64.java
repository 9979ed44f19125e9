package storage.common.archive;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The cyclic redundancy check of ISO 3309 with 64 bits, bits reflected, inverted before and after: that of the engine's
 * tar-split records. Eight bytes a step ("slicing by 8").
 */
final class Crc64 {
    /** x^64 + x^4 + x^3 + x + 1, reflected. */
    private static final long POLYNOMIAL = 0xD800000000000000L;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long[][] TABLES = new long[8][256];

    static {
        for (var i = 0; i < 256; i++) {
            long crc = i;
            for (var bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ POLYNOMIAL;
            }
            TABLES[0][i] = crc;
        }
        for (var i = 0; i < 256; i++) {
            for (var k = 1; k < 8; k++) {
                var before = TABLES[k - 1][i];
                TABLES[k][i] = TABLES[0][(int) before & 0xff] ^ before >>> 8;
            }
        }
    }

    private long value = -1;

    void reset() {
        value = -1;
    }

    void update(byte[] bytes, int offset, int length) {
        var crc = value;
        var at = offset;
        var end = offset + length;
        for (; at + 8 <= end; at += 8) {
            crc ^= (long) LONGS.get(bytes, at);
            crc = TABLES[7][(int) crc & 0xff]
                    ^ TABLES[6][(int) (crc >>> 8) & 0xff]
                    ^ TABLES[5][(int) (crc >>> 16) & 0xff]
                    ^ TABLES[4][(int) (crc >>> 24) & 0xff]
                    ^ TABLES[3][(int) (crc >>> 32) & 0xff]
                    ^ TABLES[2][(int) (crc >>> 40) & 0xff]
                    ^ TABLES[1][(int) (crc >>> 48) & 0xff]
                    ^ TABLES[0][(int) (crc >>> 56)];
        }
        for (; at < end; at++) {
            crc = TABLES[0][((int) crc ^ bytes[at]) & 0xff] ^ crc >>> 8;
        }
        value = crc;
    }

    /** The sum as the engine writes it: eight bytes, the highest first. */
    byte[] sum() {
        var sum = ~value;
        var bytes = new byte[8];
        for (var i = 7; i >= 0; i--) {
            bytes[i] = (byte) sum;
            sum >>>= 8;
        }
        return bytes;
    }
}
