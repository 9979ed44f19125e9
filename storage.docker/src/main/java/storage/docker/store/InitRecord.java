package storage.docker.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.IdMaps;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.common.io.JsonFile;
import storage.docker.PluginSettings;
import storage.selector.DriverOption;

/**
 * What the engine said when it initialised the plugin. An engine says it once, when it starts, so it is kept for the next
 * process that serves the plugin.
 *
 * @param home the folder that the engine gives the driver
 * @param options lines {@code KEY=VALUE}
 */
public record InitRecord(String home, List<String> options, List<Ids> uids, List<Ids> gids) {
    /** The option by which an engine's user names the backend. */
    private static final String DRIVER = "storage.driver";

    /** A range of ids. */
    public record Ids(long inside, long outside, long size) {}

    public InitRecord {
        options = options == null ? List.of() : List.copyOf(options);
        uids = uids == null ? List.of() : List.copyOf(uids);
        gids = gids == null ? List.of() : List.copyOf(gids);
    }

    /** What was kept, if anything. */
    public static Optional<InitRecord> read(Path file) throws IOException {
        return JsonFile.read(file, InitRecord.class);
    }

    /** Keeps it: on disk when the call returns. */
    public void write(Path file) throws IOException {
        Files.createDirectories(
                file.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        JsonFile.write(file, this);
    }

    /**
     * The store that is meant.
     *
     * @throws StorageException INVALID for what makes no sense
     */
    public StoreWish wish(PluginSettings settings) throws StorageException {
        Map<String, String> all = new LinkedHashMap<>(settings.options());
        all.putAll(parsed());
        var named = Optional.ofNullable(all.remove(DRIVER));
        if (settings.driver().isPresent() && named.isPresent() && !named.equals(settings.driver())) {
            throw StorageException.of(
                    Kind.INVALID,
                    "The engine was started with " + DRIVER + "=" + named.get() + ", but the plugin serves '"
                            + settings.driver().get() + "'",
                    "Take one of the two away");
        }
        var root = settings.root().isPresent() ? settings.root().get() : home(home);
        return new StoreWish(root, settings.driver().or(() -> named), all, idMaps());
    }

    private Map<String, String> parsed() throws StorageException {
        List<DriverOption> all = new ArrayList<>();
        for (var line : options) {
            all.add(DriverOption.parse(line)
                    .orElseThrow(() -> StorageException.of(
                            Kind.INVALID,
                            "'" + line + "' is no storage option: it is not of the form KEY=VALUE",
                            "Correct the engine's --storage-opt")));
        }
        return DriverOption.together(all);
    }

    private static Path home(String text) throws StorageException {
        try {
            if (text != null && !text.isEmpty()) {
                var path = Path.of(text);
                if (path.isAbsolute() && path.normalize().getNameCount() > 0) {
                    return path.normalize();
                }
            }
        } catch (InvalidPathException e) {
            // told below
        }
        throw StorageException.of(
                Kind.INVALID,
                "The engine names '" + text + "' as the driver's home, which is no absolute path of a folder",
                "Start the engine with a --data-root that is one, or serve the plugin with a root of its own");
    }

    private IdMaps idMaps() throws StorageException {
        try {
            return new IdMaps(ranges(uids), ranges(gids));
        } catch (IllegalArgumentException e) {
            throw StorageException.of(Kind.INVALID, "The engine's id maps make no sense: " + e.getMessage())
                    .causedBy(e);
        }
    }

    private static List<IdMaps.Range> ranges(List<Ids> ids) {
        return ids.stream()
                .map(range -> new IdMaps.Range(range.inside(), range.outside(), range.size()))
                .toList();
    }
}
