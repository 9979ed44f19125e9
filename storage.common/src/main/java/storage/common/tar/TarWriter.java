package storage.common.tar;

import static storage.common.tar.TarFormat.BLOCK;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import storage.common.Xattr;

/**
 * Writes an archive: ustar headers, with PAX records where those cannot say it. The same entries give the same bytes.
 */
public final class TarWriter {
    private static final byte[] MAGIC = {'u', 's', 't', 'a', 'r', 0, '0', '0'};
    private static final byte[] PAX_NAME = ascii("PaxHeaders/");
    private static final byte[] NO_LINK = {};

    /** Room for 7 and 11 octal digits, the fields' lengths without their end. */
    private static final long SHORT_MAX = (1L << 21) - 1;

    private static final long LONG_MAX = (1L << 33) - 1;

    private final TarOutput out;
    private final byte[] header = new byte[BLOCK];
    private final ByteArrayOutputStream records = new ByteArrayOutputStream();
    private long position;

    public TarWriter(OutputStream out) {
        this.out = new TarOutput(out);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Writes an entry's headers. As many bytes of content as its size says have to follow, then {@link #pad}. */
    public void header(TarEntry entry) throws IOException {
        records.reset();
        Arrays.fill(header, (byte) 0);
        // in the order of keywords
        number(TarFormat.GID, TarFormat.SHORT_NUMBER, entry.gid, SHORT_MAX, "gid");
        if (entry.link.length > TarFormat.NAME_LENGTH) {
            record("linkpath", entry.link);
        }
        time(entry);
        name(entry.name);
        number(TarFormat.SIZE, TarFormat.LONG_NUMBER, entry.size, LONG_MAX, "size");
        number(TarFormat.UID, TarFormat.SHORT_NUMBER, entry.uid, SHORT_MAX, "uid");
        for (var xattr : entry.xattrs) {
            record("SCHILY.xattr." + escaped(xattr), xattr.value());
        }
        if (records.size() > 0) {
            pax(entry.name);
        }
        put(TarFormat.LINK, entry.link, TarFormat.NAME_LENGTH);
        octal(TarFormat.MODE, TarFormat.SHORT_NUMBER, entry.mode);
        octal(TarFormat.MAJOR, TarFormat.SHORT_NUMBER, entry.major);
        octal(TarFormat.MINOR, TarFormat.SHORT_NUMBER, entry.minor);
        finish(header, entry.type);
    }

    /** GNU tar's way to have = in a keyword. */
    private static String escaped(Xattr xattr) {
        var name = new String(xattr.name(), StandardCharsets.ISO_8859_1);
        return name.replace("%", "%25").replace("=", "%3D");
    }

    private void number(int offset, int length, long value, long max, String keyword) {
        if (value > max) {
            record(keyword, ascii(Long.toString(value)));
            octal(offset, length, 0);
        } else {
            octal(offset, length, value);
        }
    }

    private void time(TarEntry entry) {
        var fits = entry.seconds >= 0 && entry.seconds <= LONG_MAX;
        octal(TarFormat.MTIME, TarFormat.LONG_NUMBER, fits ? entry.seconds : 0);
        if (!fits || entry.nanos != 0) {
            record("mtime", ascii(decimal(entry.seconds, entry.nanos)));
        }
    }

    /** Seconds and the nanoseconds after them, as a decimal number without zeros at the end. */
    static String decimal(long seconds, int nanos) {
        if (nanos == 0) {
            return Long.toString(seconds);
        }
        var negative = seconds < 0;
        var whole = negative ? -(seconds + 1) : seconds;
        var fraction = String.format("%09d", negative ? 1_000_000_000 - nanos : nanos);
        var end = fraction.length();
        while (fraction.charAt(end - 1) == '0') {
            end--;
        }
        return (negative ? "-" : "") + whole + "." + fraction.substring(0, end);
    }

    /** In the name field, or split at a slash into prefix and name, or as a record. */
    private void name(byte[] name) {
        if (name.length <= TarFormat.NAME_LENGTH) {
            put(TarFormat.NAME, name, TarFormat.NAME_LENGTH);
            return;
        }
        // the last character may be the slash of a directory, which is no place to split
        for (var i = Math.min(name.length - 2, TarFormat.PREFIX_LENGTH); i > 0; i--) {
            if (name[i] == '/' && name.length - i - 1 <= TarFormat.NAME_LENGTH) {
                System.arraycopy(name, 0, header, TarFormat.PREFIX, i);
                System.arraycopy(name, i + 1, header, TarFormat.NAME, name.length - i - 1);
                return;
            }
        }
        record("path", name);
        put(TarFormat.NAME, name, TarFormat.NAME_LENGTH);
    }

    private void put(int offset, byte[] bytes, int most) {
        System.arraycopy(bytes, 0, header, offset, Math.min(bytes.length, most));
    }

    private void octal(int offset, int length, long value) {
        octal(header, offset, length, value);
    }

    private static void octal(byte[] block, int offset, int length, long value) {
        var left = value;
        for (var i = offset + length - 2; i >= offset; i--) {
            block[i] = (byte) ('0' + (left & 7));
            left >>>= 3;
        }
    }

    private void record(String keyword, byte[] value) {
        var key = keyword.getBytes(StandardCharsets.ISO_8859_1);
        var rest = key.length + value.length + 3;
        var length = rest + Integer.toString(rest).length();
        if (Integer.toString(length).length() > Integer.toString(rest).length()) {
            length = rest + Integer.toString(length).length();
        }
        records.writeBytes(ascii(length + " "));
        records.writeBytes(key);
        records.write('=');
        records.writeBytes(value);
        records.write('\n');
    }

    private void pax(byte[] name) throws IOException {
        var block = new byte[BLOCK];
        var end = name.length > 0 && name[name.length - 1] == '/' ? name.length - 1 : name.length;
        var base = end;
        while (base > 0 && name[base - 1] != '/') {
            base--;
        }
        System.arraycopy(PAX_NAME, 0, block, 0, PAX_NAME.length);
        System.arraycopy(
                name, base, block, PAX_NAME.length, Math.min(end - base, TarFormat.NAME_LENGTH - PAX_NAME.length));
        octal(block, TarFormat.MODE, TarFormat.SHORT_NUMBER, 0644);
        octal(block, TarFormat.UID, TarFormat.SHORT_NUMBER, 0);
        octal(block, TarFormat.GID, TarFormat.SHORT_NUMBER, 0);
        octal(block, TarFormat.SIZE, TarFormat.LONG_NUMBER, records.size());
        octal(block, TarFormat.MTIME, TarFormat.LONG_NUMBER, 0);
        finish(block, TarFormat.PAX);
        var bytes = records.toByteArray();
        write(bytes);
        pad();
    }

    private void finish(byte[] block, byte type) throws IOException {
        block[TarFormat.TYPE] = type;
        System.arraycopy(MAGIC, 0, block, TarFormat.MAGIC, MAGIC.length);
        Arrays.fill(block, TarFormat.CHECKSUM, TarFormat.CHECKSUM + 8, (byte) ' ');
        var sum = 0;
        for (var b : block) {
            sum += b & 0xff;
        }
        // six digits, a zero byte, a space
        octal(block, TarFormat.CHECKSUM, 7, sum);
        block[TarFormat.CHECKSUM + 6] = 0;
        write(block);
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes, bytes.length);
        position += bytes.length;
    }

    /** An entry without links, to be filled. */
    public static TarEntry entry() {
        var entry = new TarEntry();
        entry.link = NO_LINK;
        return entry;
    }

    /** A direct buffer with some room, for the next bytes of content; tell {@link #wrote} how many. */
    public ByteBuffer room() throws IOException {
        return out.room(4096);
    }

    /** So many bytes have been put into the buffer. */
    public void wrote(int bytes) {
        position += bytes;
    }

    /** Writes zeros as content. */
    public void zeros(long count) throws IOException {
        out.zeros(count);
        position += count;
    }

    /** Fills the last block. */
    public void pad() throws IOException {
        zeros(TarFormat.padding(position));
    }

    /** Writes the two blocks that end an archive, and hands everything on to the stream. */
    public void end() throws IOException {
        zeros(2 * BLOCK);
        out.flush();
    }
}
