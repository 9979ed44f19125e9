package storage.command.demo;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A tar archive of small files with short names in the ustar form (POSIX.1-1988), as much as the demo needs. */
final class TarWriter {
    private static final int BLOCK = 512;
    /** 2025-01-01, so that the demo's image has the same id each time. */
    private static final long TIME = 1_735_689_600;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    TarWriter directory(String name) {
        return entry(name + "/", '5', 0755, "", new byte[0]);
    }

    TarWriter file(String name, int mode, String content) {
        return entry(name, '0', mode, "", content.getBytes(StandardCharsets.UTF_8));
    }

    TarWriter symlink(String name, String target) {
        return entry(name, '2', 0777, target, new byte[0]);
    }

    TarWriter hardLink(String name, String target) {
        return entry(name, '1', 0644, target, new byte[0]);
    }

    /** Removes a name that lower layers have. */
    TarWriter whiteout(String folder, String name) {
        return file(folder + "/.wh." + name, 0600, "");
    }

    /** Hides all that lower layers have in a folder. */
    TarWriter opaque(String folder) {
        return file(folder + "/.wh..wh..opq", 0600, "");
    }

    byte[] end() {
        // two empty blocks end an archive
        bytes.writeBytes(new byte[2 * BLOCK]);
        return bytes.toByteArray();
    }

    private TarWriter entry(String name, char type, int mode, String target, byte[] content) {
        var header = new byte[BLOCK];
        text(header, 0, name);
        octal(header, 100, 8, mode);
        octal(header, 108, 8, 0);
        octal(header, 116, 8, 0);
        octal(header, 124, 12, content.length);
        octal(header, 136, 12, TIME);
        header[156] = (byte) type;
        text(header, 157, target);
        text(header, 257, "ustar");
        text(header, 263, "00");
        // the sum of the header's bytes, its own field taken as blanks
        text(header, 148, "        ");
        var sum = 0;
        for (var b : header) {
            sum += b & 0xff;
        }
        octal(header, 148, 7, sum);
        bytes.writeBytes(header);
        bytes.writeBytes(content);
        bytes.writeBytes(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
        return this;
    }

    private static void text(byte[] header, int offset, String text) {
        var ascii = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, header, offset, ascii.length);
    }

    /** Digits with leading zeros, ended by a zero byte. */
    private static void octal(byte[] header, int offset, int length, long value) {
        var digits = Long.toOctalString(value);
        text(header, offset, "0".repeat(length - 1 - digits.length()) + digits);
    }
}
