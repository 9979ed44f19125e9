package storage.common.archive;

import storage.api.StorageException;

/** Why an archive is refused. */
final class Refusal {
    private Refusal() {}

    static StorageException bad(String what) {
        return StorageException.of(
                StorageException.Kind.BAD_ARCHIVE,
                "The archive cannot be unpacked: " + what,
                "Get a new copy of the archive, or ask whoever made it");
    }

    static StorageException tooMuch(String what) {
        return StorageException.of(
                StorageException.Kind.LIMIT_EXCEEDED,
                "The archive goes beyond a limit: " + what,
                "If the archive is to be trusted, raise the limit by an option archive.max_..., see docs/hostile-input.md");
    }
}
