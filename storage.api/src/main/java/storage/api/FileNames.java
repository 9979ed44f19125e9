package storage.api;

import java.nio.charset.StandardCharsets;

/**
 * Names of files as text and back, without loss.
 *
 * <p>The kernel's names are bytes. As text they are UTF-8; a byte that is not part of a valid UTF-8 sequence appears as
 * one character from U+DC80 to U+DCFF (a lone surrogate, which no valid text contains) and becomes that byte again when
 * written. This is the convention of Python's {@code surrogateescape} (PEP 383).
 */
public final class FileNames {
    private FileNames() {}

    /** The text of a name. */
    public static String decode(byte[] name) {
        return decode(name, 0, name.length);
    }

    /** The text of the name that lies in part of an array. */
    public static String decode(byte[] bytes, int offset, int length) {
        var ascii = true;
        for (var i = offset; i < offset + length; i++) {
            ascii &= bytes[i] >= 0;
        }
        if (ascii) {
            return new String(bytes, offset, length, StandardCharsets.US_ASCII);
        }
        var text = new StringBuilder(length);
        var i = offset;
        var end = offset + length;
        while (i < end) {
            var sequence = sequence(bytes, i, end);
            if (sequence == 0) {
                text.append((char) (0xdc00 | bytes[i] & 0xff));
                i++;
            } else {
                text.append(new String(bytes, i, sequence, StandardCharsets.UTF_8));
                i += sequence;
            }
        }
        return text.toString();
    }

    /** The bytes of a name. Text that no {@link #decode} gives (other lone surrogates) becomes {@code ?}. */
    public static byte[] encode(String name) {
        var escaped = false;
        for (var i = 0; i < name.length() && !escaped; i++) {
            escaped = isEscape(name, i);
        }
        if (!escaped) {
            return name.getBytes(StandardCharsets.UTF_8);
        }
        var bytes = new java.io.ByteArrayOutputStream(name.length() + 16);
        var from = 0;
        for (var i = 0; i < name.length(); i++) {
            if (isEscape(name, i)) {
                bytes.writeBytes(name.substring(from, i).getBytes(StandardCharsets.UTF_8));
                bytes.write(name.charAt(i) & 0xff);
                from = i + 1;
            }
        }
        bytes.writeBytes(name.substring(from).getBytes(StandardCharsets.UTF_8));
        return bytes.toByteArray();
    }

    private static boolean isEscape(String name, int i) {
        var c = name.charAt(i);
        return c >= 0xdc80 && c <= 0xdcff && (i == 0 || !Character.isHighSurrogate(name.charAt(i - 1)));
    }

    /** The length of the valid UTF-8 sequence at {@code i} (RFC 3629, table in section 4), 0 if there is none. */
    private static int sequence(byte[] bytes, int i, int end) {
        var lead = bytes[i] & 0xff;
        if (lead < 0x80) {
            return 1;
        }
        int length;
        if (lead >= 0xc2 && lead <= 0xdf) {
            length = 2;
        } else if (lead >= 0xe0 && lead <= 0xef) {
            length = 3;
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            length = 4;
        } else {
            return 0;
        }
        if (i + length > end) {
            return 0;
        }
        for (var k = 1; k < length; k++) {
            if ((bytes[i + k] & 0xc0) != 0x80) {
                return 0;
            }
        }
        var second = bytes[i + 1] & 0xff;
        var valid = switch (lead) {
            case 0xe0 -> second >= 0xa0;
            case 0xed -> second <= 0x9f;
            case 0xf0 -> second >= 0x90;
            case 0xf4 -> second <= 0x8f;
            default -> true;
        };
        return valid ? length : 0;
    }
}
