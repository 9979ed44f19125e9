package storage.overlay.v2;

import java.security.SecureRandom;
import java.util.regex.Pattern;

/**
 * The short names in {@code l/}: they keep 128 lower directories within the page of options that the kernel takes. 26
 * characters of base32 (RFC 4648, no padding), 130 random bits.
 */
final class LinkName {
    /** In characters. */
    static final int LENGTH = 26;

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final Pattern GRAMMAR = Pattern.compile("[A-Z2-7]{26}");
    private static final SecureRandom RANDOM = new SecureRandom();

    private LinkName() {}

    /** A name that nobody has. */
    static String random() {
        var bytes = new byte[LENGTH];
        RANDOM.nextBytes(bytes);
        var name = new StringBuilder(LENGTH);
        for (var b : bytes) {
            name.append(ALPHABET.charAt(b & 31));
        }
        return name.toString();
    }

    static boolean isValid(String name) {
        return GRAMMAR.matcher(name).matches();
    }
}
