package storage.image.meta;

/** Text from outside, fit for a message: no control characters, not too long. */
public final class Shown {
    private static final int LONGEST = 120;

    private Shown() {}

    /** The text as it may be shown. */
    public static String text(String raw) {
        var shown = new StringBuilder();
        raw.codePoints().limit(LONGEST).forEach(c -> shown.appendCodePoint(visible(c) ? c : '?'));
        return raw.length() > LONGEST ? shown + "..." : shown.toString();
    }

    private static boolean visible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
