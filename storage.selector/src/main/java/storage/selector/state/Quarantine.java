package storage.selector.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import storage.common.io.AtomicFile;

/** {@code ROOT/storage/quarantine}: where files go that cannot be relied on, for a human to look at. Nothing is wiped. */
public final class Quarantine {
    /** More files of one name than this are not collected: the last place is used again. */
    private static final int PLACES = 1000;

    private final Path folder;

    private Quarantine(Path folder) {
        this.folder = folder;
    }

    /** The quarantine of a root. */
    public static Quarantine of(Path root) {
        return new Quarantine(root.resolve("storage").resolve("quarantine"));
    }

    /**
     * Moves a file there.
     *
     * @return where it is now
     */
    public Path take(Path file) throws IOException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        var name = file.getParent().getFileName() + "-" + file.getFileName();
        var place = folder.resolve(name);
        for (var i = 2; Files.exists(place) && i <= PLACES; i++) {
            place = folder.resolve(name + "." + i);
        }
        AtomicFile.rename(file, place);
        AtomicFile.syncFolder(folder);
        AtomicFile.syncFolder(file.getParent());
        return place;
    }
}
