package storage.common.tar;

import static storage.common.tar.TarFormat.BLOCK;

import java.util.Arrays;
import storage.api.StorageException;

/** Reads the fields of one header block. */
final class TarHeader {
    final byte[] block = new byte[BLOCK];

    boolean isZero() {
        for (var b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /** Old tars summed signed bytes, so both sums are good. */
    void verifyChecksum() throws StorageException {
        var unsigned = 0;
        var negative = 0;
        for (var b : block) {
            unsigned += b & 0xff;
            negative += b >>> 31;
        }
        for (var i = TarFormat.CHECKSUM; i < TarFormat.CHECKSUM + 8; i++) {
            unsigned += ' ' - (block[i] & 0xff);
            negative -= block[i] >>> 31;
        }
        var stored = octal(TarFormat.CHECKSUM, 8, "checksum");
        if (stored != unsigned && stored != unsigned - 256L * negative) {
            throw TarFormat.bad("a header's checksum is wrong");
        }
    }

    byte type() {
        return block[TarFormat.TYPE];
    }

    byte[] text(int offset, int length) {
        return Arrays.copyOfRange(block, offset, offset + textLength(offset, length));
    }

    private int textLength(int offset, int length) {
        var n = 0;
        while (n < length && block[offset + n] != 0) {
            n++;
        }
        return n;
    }

    private boolean hasMagic() {
        return block[TarFormat.MAGIC] == 'u'
                && block[TarFormat.MAGIC + 1] == 's'
                && block[TarFormat.MAGIC + 2] == 't'
                && block[TarFormat.MAGIC + 3] == 'a'
                && block[TarFormat.MAGIC + 4] == 'r';
    }

    /** POSIX's header and not GNU's, whose magic ends in spaces and which has other fields where the prefix lies. */
    boolean isUstar() {
        return hasMagic() && block[TarFormat.MAGIC + 5] == 0;
    }

    /** Whether the device numbers' fields are there. */
    boolean hasDevice() {
        return hasMagic();
    }

    /** The name with its prefix. */
    byte[] name() {
        var length = textLength(TarFormat.NAME, TarFormat.NAME_LENGTH);
        var prefix = isUstar() ? textLength(TarFormat.PREFIX, prefixLength()) : 0;
        if (prefix == 0) {
            return Arrays.copyOf(block, length);
        }
        var name = new byte[prefix + 1 + length];
        System.arraycopy(block, TarFormat.PREFIX, name, 0, prefix);
        name[prefix] = '/';
        System.arraycopy(block, TarFormat.NAME, name, prefix + 1, length);
        return name;
    }

    private int prefixLength() {
        var star = block[TarFormat.STAR_TRAILER] == 't'
                && block[TarFormat.STAR_TRAILER + 1] == 'a'
                && block[TarFormat.STAR_TRAILER + 2] == 'r'
                && block[TarFormat.STAR_TRAILER + 3] == 0;
        return star ? TarFormat.STAR_PREFIX_LENGTH : TarFormat.PREFIX_LENGTH;
    }

    /** An octal number, or GNU's and star's big-endian two's complement with the first bit set. */
    long number(int offset, int length, String what) throws StorageException {
        return (block[offset] & 0x80) == 0 ? octal(offset, length, what) : binary(offset, length, what);
    }

    private long binary(int offset, int length, String what) throws StorageException {
        // the first bit is a mark, the second the sign
        var negative = (block[offset] & 0x40) != 0;
        var value = negative ? block[offset] : block[offset] & 0x7f;
        var result = (long) value;
        for (var i = offset + 1; i < offset + length; i++) {
            if (result > Long.MAX_VALUE >> 8 || result < Long.MIN_VALUE >> 8) {
                throw TarFormat.bad("a header's " + what + " is too large");
            }
            result = result << 8 | block[i] & 0xff;
        }
        return result;
    }

    private long octal(int offset, int length, String what) throws StorageException {
        var i = offset;
        var end = offset + length;
        while (i < end && (block[i] == ' ' || block[i] == 0)) {
            i++;
        }
        var result = 0L;
        while (i < end && block[i] >= '0' && block[i] <= '7') {
            result = result << 3 | block[i] - '0';
            i++;
        }
        while (i < end && (block[i] == ' ' || block[i] == 0)) {
            i++;
        }
        if (i < end) {
            throw TarFormat.bad("a header's " + what + " is no number");
        }
        return result;
    }
}
