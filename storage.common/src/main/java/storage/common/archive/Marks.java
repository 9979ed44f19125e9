package storage.common.archive;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Names with a meaning: "Whiteouts" in the OCI image specification's layer.md. */
final class Marks {
    /** Before the name that is hidden. */
    static final byte[] WHITEOUT = ".wh.".getBytes(StandardCharsets.US_ASCII);

    /** The name that hides everything below a directory. */
    static final byte[] OPAQUE = ".wh..wh..opq".getBytes(StandardCharsets.US_ASCII);

    private Marks() {}

    static boolean isMark(byte[] name, int from, int to) {
        return to - from >= WHITEOUT.length
                && Arrays.equals(name, from, from + WHITEOUT.length, WHITEOUT, 0, WHITEOUT.length);
    }

    static boolean isMark(byte[] name) {
        return isMark(name, 0, name.length);
    }

    /** The mark that hides a name. */
    static byte[] of(byte[] name) {
        var mark = Arrays.copyOf(WHITEOUT, WHITEOUT.length + name.length);
        System.arraycopy(name, 0, mark, WHITEOUT.length, name.length);
        return mark;
    }

    /** What a mark hides. */
    static byte[] hidden(byte[] mark) {
        return Arrays.copyOfRange(mark, WHITEOUT.length, mark.length);
    }
}
