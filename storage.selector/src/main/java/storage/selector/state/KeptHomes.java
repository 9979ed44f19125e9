package storage.selector.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.common.io.AtomicFile;
import storage.common.io.JsonFile;

/**
 * The files {@code ROOT/storage/HOME/kept}: one marks a home that a migration left behind as its source. It counts as no
 * store, even if {@code storage/active} is lost.
 */
public final class KeptHomes {
    /** The name of the mark, in the folder of what is recorded of a home. */
    public static final String MARK = "kept";

    /**
     * A mark's content.
     *
     * @param driver whose home it is
     * @param movedTo the driver that the store moved to
     */
    public record Kept(String driver, String movedTo) {}

    private KeptHomes() {}

    /**
     * Whether a home is marked.
     *
     * @param home the name of the home's folder below the root
     */
    public static boolean isKept(Path root, String home) {
        return Files.exists(root.resolve("storage").resolve(home).resolve(MARK));
    }

    /** Marks a home as one that moved to another driver, on disk when it returns. */
    public static void mark(StoreInfo home, String movedTo) throws IOException {
        Files.createDirectories(
                home.state(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        JsonFile.write(home.state().resolve(MARK), new Kept(home.driver(), movedTo));
    }

    /** Takes the mark away, if there is one: the home is a store again, or gone. */
    public static void unmark(StoreInfo home) throws IOException {
        if (Files.deleteIfExists(home.state().resolve(MARK))) {
            AtomicFile.syncFolder(home.state());
        }
    }

    /**
     * The marked homes of a root.
     *
     * @throws StorageException DAMAGED if a mark does not say whose home it is on
     */
    public static List<Kept> all(Path root) throws IOException {
        var all = new ArrayList<Kept>();
        try (var homes = Files.newDirectoryStream(root.resolve("storage"))) {
            for (var home : homes) {
                var kept = JsonFile.read(home.resolve(MARK), Kept.class);
                if (kept.isPresent() && kept.get().driver() == null) {
                    throw StorageException.of(
                            StorageException.Kind.DAMAGED,
                            "The file " + home.resolve(MARK) + " does not name a driver",
                            "Write {\"driver\":\"NAME\"} into it, or delete the home that it is on by hand");
                }
                kept.ifPresent(all::add);
            }
        } catch (NoSuchFileException e) {
            return List.of();
        }
        return all;
    }
}
