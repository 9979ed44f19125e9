package storage.docker;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

/**
 * How a plugin is served.
 *
 * @param name the driver name for the engine
 * @param socket where the engine finds the plugin
 * @param root the data root of the store; empty for the folder that the engine names, {@code DATA-ROOT/NAME}
 * @param driver the backend that it has to be, empty to let the selector choose
 * @param options options of that backend; those that the engine was given ({@code --storage-opt}) come on top
 * @param state the folder where is kept what the engine said, if there is no {@code root} to keep it in
 */
public record PluginSettings(
        String name,
        Path socket,
        Optional<Path> root,
        Optional<String> driver,
        Map<String, String> options,
        Path state) {
    /** Where an engine looks for sockets. */
    public static final Path SOCKETS = Path.of("/run/docker/plugins");

    /** The state folder of a system's plugins. */
    public static final Path STATE = Path.of("/var/lib/storage-runtime/docker");

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}");

    /** An engine takes its own driver of that name, and never looks for a plugin. */
    private static final Set<String> ENGINES_OWN = Set.of(
            "aufs", "btrfs", "devicemapper", "fuse-overlayfs", "overlay", "overlay2", "vfs", "windowsfilter", "zfs");

    public PluginSettings {
        Objects.requireNonNull(socket);
        Objects.requireNonNull(root);
        Objects.requireNonNull(driver);
        options = Map.copyOf(options);
        Objects.requireNonNull(state);
    }

    /** The socket of a plugin that nobody put elsewhere. */
    public static Path standardSocket(String name) throws StorageException {
        return SOCKETS.resolve(checked(name) + ".sock");
    }

    /**
     * A name that a plugin can have.
     *
     * @throws StorageException INVALID if it cannot
     */
    public static String checked(String name) throws StorageException {
        if (!NAME.matcher(name).matches()) {
            throw StorageException.of(
                    Kind.INVALID,
                    "'" + name.replaceAll("\\p{Cntrl}", "?") + "' is no name for a plugin",
                    "Use 1 to 64 letters, digits, '_', '-' or '.', beginning with a letter or digit");
        }
        if (ENGINES_OWN.contains(name)) {
            throw StorageException.of(
                    Kind.INVALID,
                    "'" + name + "' is a driver of the engine's own, so it would never look for a plugin of that name",
                    "Choose another name");
        }
        return name;
    }

    /** The file that keeps what the engine said. */
    public Path record() {
        return root.map(given -> given.resolve("storage").resolve("docker"))
                .orElse(state)
                .resolve(name + ".json");
    }
}
