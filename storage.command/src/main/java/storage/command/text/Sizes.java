package storage.command.text;

/** Numbers of bytes for people: three digits and a decimal unit. */
public final class Sizes {
    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

    private Sizes() {}

    /** For example {@code 4.03 MB}. */
    public static String shown(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        var unit = 0;
        var rest = (double) bytes;
        // 999.5 and not 1000: what would be rounded to four digits belongs to the next unit
        while (rest >= 999.5 && unit < UNITS.length - 1) {
            rest /= 1000;
            unit++;
        }
        var decimals = rest < 9.995 ? 100 : rest < 99.95 ? 10 : 1;
        var rounded = Math.round(rest * decimals);
        var text = Long.toString(rounded / decimals);
        if (decimals > 1) {
            var fraction = Long.toString(rounded % decimals);
            text += "." + "0".repeat((decimals == 100 ? 2 : 1) - fraction.length()) + fraction;
        }
        return text + " " + UNITS[unit];
    }
}
