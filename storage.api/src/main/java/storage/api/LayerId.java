package storage.api;

import java.util.regex.Pattern;

/**
 * The name of a layer within one store.
 *
 * <p>An id becomes a folder name below a driver's home, so its grammar is strict and is checked here, before any path
 * can be made of it: 1 to 128 ASCII letters, digits, {@code _}, {@code -} and {@code .}, the first a letter or digit.
 * Names that a backend's own layout uses ({@code l} of overlay2, {@code base}, {@code deviceset-metadata} and
 * {@code transaction-metadata} of devmapper, anything that ends in {@code -removing} of aufs or in {@code .migrated})
 * are refused on every backend, so that a store can be moved from any backend to any other.
 *
 * @param value the id as text
 */
public record LayerId(String value) implements Comparable<LayerId> {
    /** The longest id, in characters. */
    public static final int MAX_LENGTH = 128;

    private static final Pattern GRAMMAR = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");
    private static final Pattern RESERVED =
            Pattern.compile("l|base|deviceset-metadata|transaction-metadata|.*-removing|.*\\.migrated");

    /**
     * Checks the grammar.
     *
     * @throws IllegalArgumentException if {@code value} is no id; the message says what is wrong with it
     */
    public LayerId {
        if (!GRAMMAR.matcher(value).matches()) {
            throw new IllegalArgumentException("'" + printable(value) + "' is not a layer id: use 1 to " + MAX_LENGTH
                    + " letters, digits, '_', '-' or '.', beginning with a letter or digit");
        }
        if (RESERVED.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "'" + value + "' cannot be a layer id: storage drivers use this name themselves; choose another");
        }
    }

    /**
     * The id with the given text.
     *
     * @throws StorageException of kind {@link StorageException.Kind#INVALID} if {@code value} is no id
     */
    public static LayerId parse(String value) throws StorageException {
        try {
            return new LayerId(value);
        } catch (IllegalArgumentException e) {
            throw StorageException.of(StorageException.Kind.INVALID, e.getMessage());
        }
    }

    /** Whether {@link #LayerId(String)} would accept the text. For names found on disk, where most are not ours. */
    public static boolean isValid(String value) {
        return GRAMMAR.matcher(value).matches() && !RESERVED.matcher(value).matches();
    }

    private static String printable(String value) {
        var shown = value.length() > 160 ? value.substring(0, 160) + "..." : value;
        var text = new StringBuilder();
        shown.chars().forEach(c -> text.append(c < ' ' || c == 0x7f ? "?" : Character.toString(c)));
        return text.toString();
    }

    @Override
    public int compareTo(LayerId other) {
        return value.compareTo(other.value);
    }

    /** The text itself. */
    @Override
    public String toString() {
        return value;
    }
}
