package storage.selector.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import storage.api.StorageException;
import storage.common.io.AtomicFile;
import storage.common.io.JsonFile;

/**
 * The file {@code ROOT/storage/active}: which driver's home the store of this root is. It is written after the first
 * successful opening, so that what an opening left that failed half-way decides nothing, and from then on it decides.
 */
public final class ActiveDriver {
    /**
     * Its content.
     *
     * @param driver the driver's name
     * @param generation how many times a driver was recorded, from 1
     */
    public record Entry(String driver, int generation) {}

    private final Path root;
    private final Path file;

    /** @param root a data root */
    public ActiveDriver(Path root) {
        this.root = root;
        this.file = root.resolve("storage").resolve("active");
    }

    /**
     * What is recorded.
     *
     * @throws StorageException DAMAGED if the file is there but says nothing
     */
    public Optional<Entry> read() throws IOException {
        var entry = JsonFile.read(file, Entry.class);
        if (entry.isPresent()
                && (entry.get().driver() == null || entry.get().driver().isEmpty())) {
            throw StorageException.of(
                    StorageException.Kind.DAMAGED,
                    "The file " + file + " names no driver",
                    "Write {\"driver\":\"NAME\",\"generation\":1} into it, or delete it to let the layers below the root decide");
        }
        return entry;
    }

    /**
     * Records the driver that has just been opened, unless it is recorded already. A damaged record is set aside.
     *
     * @param decidedOn the record that the choice went by: if there is another by now, from another process that was
     *     faster, nothing is written
     * @return whether the choice stands
     */
    public boolean record(String driver, Optional<Entry> decidedOn) throws IOException {
        Optional<Entry> now;
        try {
            now = read();
        } catch (StorageException e) {
            Quarantine.of(root).take(file);
            now = Optional.empty();
        }
        if (now.isPresent() && now.get().driver().equals(driver)) {
            return true;
        }
        if (now.isPresent() && !now.equals(decidedOn)) {
            return false;
        }
        Files.createDirectories(
                file.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        JsonFile.write(file, new Entry(driver, now.map(Entry::generation).orElse(0) + 1));
        AtomicFile.syncFolder(root);
        return true;
    }

    /** Records the driver that a store was moved to. Until the file has changed, the store is the old one. */
    public void moveTo(String driver) throws IOException {
        var now = read();
        if (now.isEmpty() || !now.get().driver().equals(driver)) {
            JsonFile.write(file, new Entry(driver, now.map(Entry::generation).orElse(0) + 1));
        }
    }
}
