package storage.testkit.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import storage.api.FileNames;

/**
 * Archives byte by byte, valid or not: no writer that minds its manners can make them. Fields of the header lie where
 * tar.h of POSIX.1 and of GNU tar have them. Names are in {@link FileNames} convention.
 */
public final class RawTar {
    /** The time of all entries, in seconds since 1970. */
    public static final long TIME = 1_400_000_000L;

    private static final int BLOCK = 512;
    private static final int NAME_LENGTH = 100;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    // of the next entry
    private int mode = -1;
    private long uid;
    private long gid;
    private final List<byte[]> records = new ArrayList<>();

    /** Gives the next entry another mode than the usual. */
    public RawTar mode(int next) {
        mode = next;
        return this;
    }

    public RawTar owner(long nextUid, long nextGid) {
        uid = nextUid;
        gid = nextGid;
        return this;
    }

    /** Gives the next entry an extended attribute. */
    public RawTar xattr(String name, String value) {
        return record("SCHILY.xattr." + name + "=" + value);
    }

    /** Gives the next entry a PAX record, {@code keyword=value}, whatever it says. */
    public RawTar record(String keyAndValue) {
        records.add(paxRecord(keyAndValue));
        return this;
    }

    public RawTar file(String name, String content) {
        return file(name, FileNames.encode(content));
    }

    public RawTar file(String name, byte[] content) {
        entry('0', name, "", content.length, 0644);
        return raw(content);
    }

    public RawTar directory(String name) {
        return entry('5', name.endsWith("/") ? name : name + "/", "", 0, 0755);
    }

    public RawTar symlink(String name, String target) {
        return entry('2', name, target, 0, 0777);
    }

    public RawTar link(String name, String target) {
        return entry('1', name, target, 0, 0644);
    }

    public RawTar fifo(String name) {
        return entry('6', name, "", 0, 0644);
    }

    /** Hides a name of the layers below. */
    public RawTar whiteout(String path) {
        var slash = path.lastIndexOf('/') + 1;
        return file(path.substring(0, slash) + ".wh." + path.substring(slash), "");
    }

    /** Hides what the layers below have in a directory. */
    public RawTar opaque(String directory) {
        return file(directory + "/.wh..wh..opq", "");
    }

    /** @param type {@code 'c'} or {@code 'b'} */
    public RawTar device(String name, char type, int major, int minor) {
        return entry(type == 'c' ? '3' : '4', name, "", 0, 0600, 329, octal(major, 7), 337, octal(minor, 7));
    }

    /** A header without content, with a PAX header before it if one is needed, and with fields set by hand. */
    public RawTar entry(char type, String name, String link, long size, int usualMode, Object... offsetsAndValues) {
        if (FileNames.encode(name).length > NAME_LENGTH) {
            record("path=" + name);
        }
        if (FileNames.encode(link).length > NAME_LENGTH) {
            record("linkpath=" + link);
        }
        if (!records.isEmpty()) {
            var all = join(records);
            records.clear();
            header('x', "PaxHeaders/x", "", all.length, 0644, 0, 0).raw(all);
        }
        header(type, name, link, size, mode >= 0 ? mode : usualMode, uid, gid, offsetsAndValues);
        mode = -1;
        uid = 0;
        gid = 0;
        return this;
    }

    /** A header alone. */
    public RawTar header(
            char type,
            String name,
            String link,
            long size,
            int headerMode,
            long headerUid,
            long headerGid,
            Object... offsetsAndValues) {
        var block = new byte[BLOCK];
        put(block, 0, first(name));
        put(block, 100, FileNames.encode(octal(headerMode, 7)));
        put(block, 108, FileNames.encode(octal(headerUid, 7)));
        put(block, 116, FileNames.encode(octal(headerGid, 7)));
        put(block, 124, FileNames.encode(octal(size, 11)));
        put(block, 136, FileNames.encode(octal(TIME, 11)));
        block[156] = (byte) type;
        put(block, 157, first(link));
        put(block, 257, FileNames.encode("ustar\0" + "00"));
        for (var i = 0; i < offsetsAndValues.length; i += 2) {
            var value = offsetsAndValues[i + 1];
            put(block, (Integer) offsetsAndValues[i], value instanceof byte[] b ? b : FileNames.encode((String) value));
        }
        bytes.writeBytes(checksummed(block));
        return this;
    }

    /** The extension header of a type ({@code x}, {@code g}, {@code L}, {@code K}) with this content. */
    public RawTar extension(char type, byte[] content) {
        return header(type, "extension", "", content.length, 0644, 0, 0).raw(content);
    }

    /** Bytes as they are, filled up to whole blocks. */
    public RawTar raw(byte[] content) {
        bytes.writeBytes(content);
        bytes.writeBytes(new byte[-content.length & BLOCK - 1]);
        return this;
    }

    public RawTar raw(String content) {
        return raw(FileNames.encode(content));
    }

    /** The entries without an end. */
    public byte[] entries() {
        return bytes.toByteArray();
    }

    /** The archive, with its end. */
    public byte[] bytes() {
        return Arrays.copyOf(entries(), bytes.size() + 2 * BLOCK);
    }

    /** A record with its length. */
    public static byte[] paxRecord(String keyAndValue) {
        var value = FileNames.encode(keyAndValue);
        var length = value.length + 2;
        length += Integer.toString(length + Integer.toString(length).length()).length();
        return FileNames.encode(length + " " + keyAndValue + "\n");
    }

    /** A number of twelve bytes in base 256, as GNU tar writes those that octal digits cannot hold. */
    public static byte[] base256(long value) {
        var field = new byte[12];
        Arrays.fill(field, 0, 4, (byte) (value < 0 ? -1 : 0));
        for (var i = 0; i < 8; i++) {
            field[11 - i] = (byte) (value >> 8 * i);
        }
        field[0] = (byte) (value < 0 ? 0xff : 0x80);
        return field;
    }

    public static String octal(long value, int digits) {
        var text = Long.toOctalString(value);
        return "0".repeat(Math.max(0, digits - text.length())) + text;
    }

    static byte[] join(List<byte[]> parts) {
        var all = new ByteArrayOutputStream();
        parts.forEach(all::writeBytes);
        return all.toByteArray();
    }

    private static byte[] first(String text) {
        var all = FileNames.encode(text);
        return all.length <= NAME_LENGTH ? all : Arrays.copyOf(all, NAME_LENGTH);
    }

    private static byte[] checksummed(byte[] block) {
        Arrays.fill(block, 148, 156, (byte) ' ');
        var sum = 0;
        for (var b : block) {
            sum += b & 0xff;
        }
        put(block, 148, (octal(sum, 6) + "\0 ").getBytes(StandardCharsets.US_ASCII));
        return block;
    }

    private static void put(byte[] block, int offset, byte[] value) {
        System.arraycopy(value, 0, block, offset, value.length);
    }
}
