package storage.selector.choice;

import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

/** What to say of a file or folder below a root that cannot be read. */
final class Unreadable {
    private Unreadable() {}

    static StorageException because(Path path, Exception cause) {
        var denied = cause instanceof AccessDeniedException || cause.getCause() instanceof AccessDeniedException;
        var failure = denied
                ? StorageException.of(
                        Kind.PERMISSION,
                        "This user may not read " + path,
                        "Run as the user that the root belongs to, or choose another root with --root")
                : StorageException.of(Kind.IO, path + " cannot be read: " + cause);
        return failure.causedBy(cause);
    }
}
