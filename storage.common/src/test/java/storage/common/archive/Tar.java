package storage.common.archive;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import storage.api.FileNames;
import storage.common.Xattr;
import storage.common.tar.TarFormat;
import storage.common.tar.TarWriter;

/** Builds archives, good ones and others. */
public final class Tar {
    public static final long TIME = 1_234_567_890;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** What the next entry gets. */
    private int mode = -1;

    private long uid;
    private long gid;
    private long seconds = TIME;
    private int nanos;
    private final List<Xattr> xattrs = new ArrayList<>();

    public Tar mode(int next) {
        mode = next;
        return this;
    }

    public Tar owner(long nextUid, long nextGid) {
        uid = nextUid;
        gid = nextGid;
        return this;
    }

    public Tar time(long nextSeconds, int nextNanos) {
        seconds = nextSeconds;
        nanos = nextNanos;
        return this;
    }

    public Tar xattr(String name, byte[] value) {
        xattrs.add(new Xattr(FileNames.encode(name), value));
        return this;
    }

    public Tar xattr(String name, String value) {
        return xattr(name, FileNames.encode(value));
    }

    public Tar dir(String name) {
        return entry(TarFormat.DIRECTORY, name.endsWith("/") ? name : name + "/", "", new byte[0], 0755, 0, 0);
    }

    public Tar file(String name, String content) {
        return file(name, FileNames.encode(content));
    }

    public Tar file(String name, byte[] content) {
        return entry(TarFormat.REGULAR, name, "", content, 0644, 0, 0);
    }

    public Tar symlink(String name, String target) {
        return entry(TarFormat.SYMLINK, name, target, new byte[0], 0777, 0, 0);
    }

    public Tar link(String name, String target) {
        return entry(TarFormat.HARD_LINK, name, target, new byte[0], 0644, 0, 0);
    }

    public Tar fifo(String name) {
        return entry(TarFormat.FIFO, name, "", new byte[0], 0644, 0, 0);
    }

    public Tar device(String name, char type, int major, int minor) {
        return entry(
                type == 'b' ? TarFormat.BLOCK_DEVICE : TarFormat.CHARACTER_DEVICE,
                name,
                "",
                new byte[0],
                0600,
                major,
                minor);
    }

    public Tar entry(byte type, String name, String link, byte[] content, int usualMode, int major, int minor) {
        var out = new ByteArrayOutputStream();
        try {
            var writer = new TarWriter(out);
            var entry = TarWriter.entry();
            entry.type = type;
            entry.name = FileNames.encode(name);
            entry.link = FileNames.encode(link);
            entry.mode = mode >= 0 ? mode : usualMode;
            entry.uid = uid;
            entry.gid = gid;
            entry.size = content.length;
            entry.seconds = seconds;
            entry.nanos = nanos;
            entry.major = major;
            entry.minor = minor;
            entry.xattrs.addAll(xattrs);
            writer.header(entry);
            writer.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        bytes.writeBytes(Arrays.copyOf(out.toByteArray(), out.size() - 1024));
        bytes.writeBytes(content);
        bytes.writeBytes(new byte[TarFormat.padding(content.length)]);
        mode = -1;
        uid = 0;
        gid = 0;
        seconds = TIME;
        nanos = 0;
        xattrs.clear();
        return this;
    }

    /** A header by hand: fields by offset, in order, then its checksum. */
    public Tar header(String name, char type, long size, Object... offsetsAndTexts) {
        var block = new byte[512];
        put(block, 0, FileNames.encode(name));
        put(block, 100, octal(0644, 7));
        put(block, 108, octal(0, 7));
        put(block, 116, octal(0, 7));
        put(block, 124, octal(size, 11));
        put(block, 136, octal(TIME, 11));
        block[156] = (byte) type;
        put(block, 257, FileNames.encode("ustar\0" + "00"));
        for (var i = 0; i < offsetsAndTexts.length; i += 2) {
            var value = offsetsAndTexts[i + 1];
            put(block, (Integer) offsetsAndTexts[i], value instanceof byte[] b ? b : FileNames.encode((String) value));
        }
        bytes.writeBytes(checksummed(block));
        return this;
    }

    public static byte[] checksummed(byte[] block) {
        Arrays.fill(block, 148, 156, (byte) ' ');
        var sum = 0;
        for (var b : block) {
            sum += b & 0xff;
        }
        put(block, 148, FileNames.encode(octalText(sum, 6) + "\0 "));
        return block;
    }

    private static void put(byte[] block, int offset, byte[] value) {
        System.arraycopy(value, 0, block, offset, value.length);
    }

    private static byte[] octal(long value, int digits) {
        return octalText(value, digits).getBytes(StandardCharsets.US_ASCII);
    }

    public static String octalText(long value, int digits) {
        var text = Long.toOctalString(value);
        return "0".repeat(Math.max(0, digits - text.length())) + text;
    }

    /** Bytes as they are, filled up to whole blocks. */
    public Tar raw(byte[] content) {
        bytes.writeBytes(content);
        bytes.writeBytes(new byte[TarFormat.padding(content.length)]);
        return this;
    }

    /** A PAX header with records as they are. */
    public Tar pax(String... records) {
        return pax('x', records);
    }

    public Tar pax(char type, String... records) {
        var all = new ByteArrayOutputStream();
        for (var record : records) {
            all.writeBytes(record(FileNames.encode(record)));
        }
        return header("PaxHeaders/x", type, all.size()).raw(all.toByteArray());
    }

    private static byte[] record(byte[] keyAndValue) {
        var length = keyAndValue.length + 2;
        var total = length + Integer.toString(length).length();
        total = length + Integer.toString(total).length();
        var out = new ByteArrayOutputStream();
        out.writeBytes((total + " ").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(keyAndValue);
        out.write('\n');
        return out.toByteArray();
    }

    /** The entries without an end. */
    public byte[] entries() {
        return bytes.toByteArray();
    }

    public byte[] bytes() {
        var all = bytes.toByteArray();
        return Arrays.copyOf(all, all.length + 1024);
    }

    public InputStream stream() {
        return new ByteArrayInputStream(bytes());
    }
}
