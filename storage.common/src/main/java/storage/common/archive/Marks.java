package storage.common.archive;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Names with a meaning: "Whiteouts" in the OCI image specification's layer.md. */
public final class Marks {
    /** Before the name that is hidden. */
    static final byte[] WHITEOUT = ".wh.".getBytes(StandardCharsets.US_ASCII);

    /** The name that hides everything below a directory. */
    static final byte[] OPAQUE = ".wh..wh..opq".getBytes(StandardCharsets.US_ASCII);

    private Marks() {}

    static boolean isMark(byte[] name, int from, int to) {
        return to - from >= WHITEOUT.length
                && Arrays.equals(name, from, from + WHITEOUT.length, WHITEOUT, 0, WHITEOUT.length);
    }

    /** Whether a name stands for something that is not there, or for a directory that hides what is below it. */
    public static boolean isMark(byte[] name) {
        return isMark(name, 0, name.length);
    }

    /** The mark that hides a name. */
    public static byte[] of(byte[] name) {
        var mark = Arrays.copyOf(WHITEOUT, WHITEOUT.length + name.length);
        System.arraycopy(name, 0, mark, WHITEOUT.length, name.length);
        return mark;
    }

    /** What a mark hides. */
    public static byte[] hidden(byte[] mark) {
        return Arrays.copyOfRange(mark, WHITEOUT.length, mark.length);
    }

    /** The name that hides everything below a directory, {@code .wh..wh..opq}. */
    public static byte[] opaque() {
        return OPAQUE.clone();
    }
}
