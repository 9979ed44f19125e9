package storage.linux;

import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import storage.api.FileNames;

/**
 * {@link Path} to the kernel's bytes and back. The JDK keeps the bytes of a path but shows text in the encoding of the
 * locale, which for a service is often plain ASCII: there {@code toString()} loses every other character. Its URI does
 * not.
 */
public final class PathBytes {
    private static final String UNRESERVED = "-._~/";

    private PathBytes() {}

    /** The bytes of a path of the default filesystem. */
    public static byte[] of(Path path) {
        var text = path.toString();
        return isPlain(text) ? FileNames.encode(text) : bytes(path);
    }

    /** The path's text in the convention of {@link FileNames}, whatever the locale. */
    public static String text(Path path) {
        var text = path.toString();
        return isPlain(text) ? text : FileNames.decode(bytes(path));
    }

    /** The absolute path that these bytes are. */
    public static Path path(byte[] absolute) {
        if (absolute.length == 0 || absolute[0] != '/') {
            throw new IllegalArgumentException("Not an absolute path: " + FileNames.decode(absolute));
        }
        var uri = new StringBuilder("file://");
        for (var b : absolute) {
            var c = (char) (b & 0xff);
            if (b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || UNRESERVED.indexOf(c) >= 0) {
                uri.append(c);
            } else {
                uri.append('%').append(hex(c >> 4)).append(hex(c & 15));
            }
        }
        return Path.of(URI.create(uri.toString()));
    }

    /** The absolute path of this text in the convention of {@link FileNames}. */
    public static Path path(String absolute) {
        return path(FileNames.encode(absolute));
    }

    private static boolean isPlain(String text) {
        for (var i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /** A relative path comes out absolute: the URI of a relative path would be that too. */
    private static byte[] bytes(Path path) {
        // the URI of a directory ends with a slash
        var uri = path.toUri().getRawPath();
        var end = uri.length() > 1 && uri.endsWith("/") ? uri.length() - 1 : uri.length();
        var bytes = new byte[end];
        var count = 0;
        for (var i = 0; i < end; i++) {
            var c = uri.charAt(i);
            if (c == '%') {
                bytes[count++] = (byte) Integer.parseInt(uri, i + 1, i + 3, 16);
                i += 2;
            } else {
                bytes[count++] = (byte) c;
            }
        }
        return Arrays.copyOf(bytes, count);
    }

    private static char hex(int digit) {
        return Character.toUpperCase(Character.forDigit(digit, 16));
    }
}
