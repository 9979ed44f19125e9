package storage.image.meta;

import storage.api.StorageException;

/** Refusals that are told the same way everywhere. */
@SuppressWarnings("AnnotateFormatMethod") // the annotation is in a library that nothing else here needs
public final class Bad {
    private static final String FETCH_AGAIN = "Fetch or write the archive again";

    private Bad() {}

    /** What came from outside is not what it claims to be. */
    public static StorageException archive(String format, Object... values) {
        return StorageException.of(StorageException.Kind.BAD_ARCHIVE, format.formatted(values), FETCH_AGAIN);
    }

    /** What came from outside goes beyond a limit. */
    public static StorageException limit(String format, Object... values) {
        return StorageException.of(
                StorageException.Kind.LIMIT_EXCEEDED,
                format.formatted(values),
                "Images of that size are not taken in; check where it comes from");
    }

    /** What is recorded below the root is not what it should be. */
    public static StorageException record(String format, Object... values) {
        return StorageException.of(
                StorageException.Kind.DAMAGED,
                format.formatted(values),
                "Run 'storage check --full' to see all damage and 'storage check --repair' to set it aside");
    }

    /** The user asked for something that can never work. */
    public static StorageException request(String format, Object... values) {
        return StorageException.of(StorageException.Kind.INVALID, format.formatted(values));
    }

    /** There is no such thing. */
    public static StorageException missing(String message, String advice) {
        return StorageException.of(StorageException.Kind.NOT_FOUND, message, advice);
    }

    /** The working thread was interrupted; sets its flag again. */
    public static StorageException interrupted(String doing) {
        Thread.currentThread().interrupt();
        return StorageException.of(StorageException.Kind.INTERRUPTED, "Interrupted while " + doing);
    }
}
