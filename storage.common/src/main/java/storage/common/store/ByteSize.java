package storage.common.store;

import java.util.Locale;
import java.util.regex.Pattern;
import storage.api.StorageException;

/** Sizes in options: {@code 10G}, {@code 512m}, {@code 4096}; units are powers of 1024, as with the engine. */
public final class ByteSize {
    private static final Pattern BYTES = Pattern.compile("(\\d{1,18})\\s*([kmgtp]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);

    private ByteSize() {}

    /**
     * Reads a size.
     *
     * @param key the option's name, for the sentence
     * @return bytes
     * @throws StorageException INVALID if it is none, or is too large for a number
     */
    public static long parse(String key, String value) throws StorageException {
        var match = BYTES.matcher(value.trim());
        if (match.matches()) {
            var unit = match.group(2).toLowerCase(Locale.ROOT);
            var shift = unit.isEmpty() ? 0 : 10 * ("kmgtp".indexOf(unit) + 1);
            var number = Long.parseLong(match.group(1));
            if (number <= Long.MAX_VALUE >> shift) {
                return number << shift;
            }
        }
        throw StorageException.of(
                StorageException.Kind.INVALID,
                "The option " + key + " has the value '" + value + "', which is no size",
                "Use a number of bytes, or one with k, m, g, t or p behind it, such as 10G");
    }
}
