package storage.selector.choice;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import storage.api.LayerId;
import storage.api.StorageException;

/** The drivers whose homes can be told apart without them, so that layers are seen although their driver is missing. */
final class KnownDrivers {
    /**
     * One of them.
     *
     * @param home the folder below the data root
     * @param layers the folder below the home whose entries are named after layers, empty for the home itself
     * @param bundle where the driver is to be had
     */
    record Known(String home, String layers, String bundle) {}

    private static final Map<String, Known> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put("btrfs", new Known("btrfs", "subvolumes", "storage.btrfs"));
        BY_NAME.put("overlay2", new Known("overlay2", "", "storage.overlay"));
        BY_NAME.put("aufs", new Known("aufs", "layers", "storage.aufs"));
        BY_NAME.put("overlay", new Known("overlay", "", "storage.overlay"));
        BY_NAME.put("devmapper", new Known("devicemapper", "metadata", "storage.devmapper"));
        BY_NAME.put("loopback", new Known("loopback", "", "storage.loopback"));
        BY_NAME.put("vfs", new Known("vfs", "dir", "storage.vfs"));
    }

    private KnownDrivers() {}

    static Map<String, Known> all() {
        return BY_NAME;
    }

    /** The name of a driver for what a user or a file calls it: an engine calls devmapper by its home's name. */
    static String canonical(String name) {
        return BY_NAME.entrySet().stream()
                .filter(known -> known.getValue().home().equals(name))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(name);
    }

    /**
     * How many layers a home holds, told by the names in it alone: its driver is not there to be asked.
     *
     * @throws StorageException PERMISSION or IO if the folder cannot be listed
     */
    static int layers(Path root, String driver) throws StorageException {
        var known = BY_NAME.get(driver);
        var folder = root.resolve(known.home()).resolve(known.layers());
        var count = 0;
        try (var entries = Files.newDirectoryStream(folder)) {
            for (var entry : entries) {
                count += LayerId.isValid(entry.getFileName().toString()) ? 1 : 0;
            }
            return count;
        } catch (NoSuchFileException | NotDirectoryException e) {
            return 0;
        } catch (IOException | DirectoryIteratorException e) {
            throw Unreadable.because(folder, e);
        }
    }

    /** How to get a driver, as an advice. */
    static String install(String driver) {
        var known = BY_NAME.get(driver);
        return known == null
                ? "Install and start the bundle that brings the driver '" + driver + "'"
                : "Install and start the bundle " + known.bundle();
    }
}
