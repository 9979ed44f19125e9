package storage.command.text;

/** Names of files and layers in a form that cannot steer a terminal or break a line. */
public final class Names {
    private Names() {}

    /**
     * The name for a line of text. Control characters are always escaped, since a line feed in a name would begin a
     * line of its own. On a terminal, so are bytes that are no UTF-8 and characters that turn the direction of writing.
     *
     * @param name in the convention of {@link storage.api.FileNames}
     */
    public static String shown(String name, boolean terminal) {
        var i = 0;
        while (i < name.length() && !escaped(name, i, terminal)) {
            i++;
        }
        if (i == name.length()) {
            return name;
        }
        var text = new StringBuilder(name.length() + 16).append(name, 0, i);
        for (; i < name.length(); i++) {
            if (escaped(name, i, terminal)) {
                escape(text, name.charAt(i));
            } else {
                text.append(name.charAt(i));
            }
        }
        return text.toString();
    }

    private static boolean escaped(String name, int i, boolean terminal) {
        var c = name.charAt(i);
        if (c < 0x20 || c == 0x7f) {
            return true;
        }
        if (!terminal || c < 0x80) {
            return false;
        }
        return c < 0xa0 // the second set of control characters, ECMA-48
                || c >= 0x202a && c <= 0x202e // direction of writing, Unicode UAX 9
                || c >= 0x2066 && c <= 0x2069
                || c == 0x2028
                || c == 0x2029
                || isByte(name, i);
    }

    /** Whether this is a byte that is no UTF-8: a low surrogate that no high one comes before. */
    private static boolean isByte(String name, int i) {
        return Character.isLowSurrogate(name.charAt(i)) && (i == 0 || !Character.isHighSurrogate(name.charAt(i - 1)));
    }

    private static void escape(StringBuilder text, char c) {
        switch (c) {
            case '\n' -> text.append("\\n");
            case '\r' -> text.append("\\r");
            case '\t' -> text.append("\\t");
            default -> {
                var value = Character.isLowSurrogate(c) ? c & 0xff : c;
                text.append(value > 0xff ? "\\u" : "\\x");
                var digits = Integer.toHexString(value);
                text.append("0".repeat((value > 0xff ? 4 : 2) - digits.length()));
                text.append(digits);
            }
        }
    }
}
