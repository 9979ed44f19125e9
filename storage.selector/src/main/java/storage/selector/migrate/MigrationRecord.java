package storage.selector.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import storage.api.StorageException;
import storage.common.io.AtomicFile;
import storage.common.io.JsonFile;

/** The file {@code ROOT/storage/migration}: there from the first change that a migration makes until after its last. */
final class MigrationRecord {
    /** How far it is. */
    enum Phase {
        /** Layers are copied; the store is the old one. */
        COPYING,
        /** Every layer is there and verified: what is left is only to be done to the end. */
        SWITCHING,
        /** What was copied is removed. */
        ABANDONING
    }

    /**
     * Its content.
     *
     * @param from the old driver
     * @param to the new one
     * @param phase how far it is
     */
    record Entry(String from, String to, Phase phase) {
        Entry in(Phase next) {
            return new Entry(from, to, next);
        }
    }

    private final Path file;

    MigrationRecord(Path root) {
        file = root.resolve("storage").resolve("migration");
    }

    /** @throws StorageException DAMAGED if the file is there but does not say what it should */
    Optional<Entry> read() throws IOException {
        var entry = JsonFile.read(file, Entry.class);
        if (entry.isPresent()
                && (entry.get().from() == null
                        || entry.get().to() == null
                        || entry.get().phase() == null)) {
            throw StorageException.of(
                    StorageException.Kind.DAMAGED,
                    "The file " + file + " does not name a migration",
                    "Move it away: the store is the one that storage/active names");
        }
        return entry;
    }

    void write(Entry entry) throws IOException {
        JsonFile.write(file, entry);
    }

    void delete() throws IOException {
        Files.deleteIfExists(file);
        AtomicFile.syncFolder(file.getParent());
    }
}
