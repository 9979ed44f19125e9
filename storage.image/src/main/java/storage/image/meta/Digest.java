package storage.image.meta;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import storage.api.StorageException;

/**
 * The digest of some bytes, as the OCI image specification writes it. Images and layers are named by SHA-256; blobs of a
 * layout may have SHA-512 as well. The grammar is strict, because the text becomes a file name.
 *
 * @param algorithm {@code sha256} or {@code sha512}
 * @param hex 64 or 128 lower-case hexadecimal digits
 */
public record Digest(String algorithm, String hex) implements Comparable<Digest> {
    /** What an archive without any entry has. */
    public static final Digest EMPTY_TAR = ofBytes(new byte[1024]);

    private static final Pattern GRAMMAR = Pattern.compile("sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}");
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    /** The digest that a text is, or empty if it is none. */
    public static Optional<Digest> find(String text) {
        if (!GRAMMAR.matcher(text).matches()) {
            return Optional.empty();
        }
        return Optional.of(new Digest(text.substring(0, 6), text.substring(7)));
    }

    /**
     * The digest that a text from outside is.
     *
     * @param where what the text was found in, for the message
     * @throws StorageException BAD_ARCHIVE if it is none
     */
    public static Digest parse(String text, String where) throws StorageException {
        return find(text).orElseThrow(() -> Bad.archive("%s has no digest but '%s'", where, Shown.text(text)));
    }

    /** The same for what names an image or a layer, which only SHA-256 does. */
    public static Digest parseSha256(String text, String where) throws StorageException {
        var digest = parse(text, where);
        if (!digest.isSha256()) {
            throw Bad.archive("%s is named by %s, where only sha256 will do", where, digest.algorithm());
        }
        return digest;
    }

    /** The SHA-256 digest with the given digits. */
    public static Digest ofHex(String hex) {
        if (!isHex(hex)) {
            throw new IllegalArgumentException("Not 64 hexadecimal digits: " + Shown.text(hex));
        }
        return new Digest("sha256", hex);
    }

    /** Whether a text is 64 lower-case hexadecimal digits. */
    public static boolean isHex(String text) {
        return HEX.matcher(text).matches();
    }

    /** The SHA-256 digest of bytes in memory. */
    public static Digest ofBytes(byte[] bytes) {
        return of("sha256", hasher("sha256").digest(bytes));
    }

    /** The digest with the given value. */
    public static Digest of(String algorithm, byte[] value) {
        return new Digest(algorithm, HexFormat.of().formatHex(value));
    }

    /** Computes digests of this one's algorithm. */
    public MessageDigest hasher() {
        return hasher(algorithm);
    }

    /** Computes digests of an algorithm. */
    public static MessageDigest hasher(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm.equals("sha512") ? "SHA-512" : "SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256 and SHA-512", e);
        }
    }

    /** Whether it may name an image or a layer. */
    public boolean isSha256() {
        return algorithm.equals("sha256");
    }

    /** The first 12 digits, as people are shown them. */
    public String brief() {
        return hex.substring(0, 12);
    }

    @Override
    public int compareTo(Digest other) {
        return toString().compareTo(other.toString());
    }

    /** As it is written: {@code sha256:...}. */
    @Override
    public String toString() {
        return algorithm + ":" + hex;
    }
}
