package storage.command.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import storage.api.StorageException;
import storage.selector.DriverOption;

/** The options that every command takes. */
public final class Globals {
    @Option(
            names = "--root",
            paramLabel = "DIR",
            description = "The data root. Default: /var/lib/storage-runtime for root, "
                    + "$XDG_DATA_HOME/storage-runtime or ~/.local/share/storage-runtime for others.")
    String root;

    @Option(
            names = "--driver",
            paramLabel = "NAME",
            description = "The backend that has to be used, such as overlay2. Default: the best that works.")
    String driver;

    @Option(
            names = "--opt",
            paramLabel = "KEY=VALUE",
            converter = OptionReader.class,
            description = "An option of the driver, such as overlay2.size=10G. May be given several times.")
    List<DriverOption> given = new ArrayList<>();

    private Map<String, String> configured = Map.of();

    @Option(names = "--json", description = "Print JSON, and errors as JSON.")
    boolean json;

    @Option(
            names = "--new-store",
            description = "With --driver: start an empty store even if another driver has layers below the root.")
    boolean newStore;

    @Option(
            names = {"-v", "--verbose"},
            description = "Tell more; errors with their stack trace.")
    boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Explain the command.")
    boolean help;

    /** The root that was asked for, or the default of this user. */
    Path root(Optional<String> configured) throws StorageException {
        var text = Optional.ofNullable(root).or(() -> configured).orElseGet(Globals::standardRoot);
        return UserPath.of("--root", text).normalize();
    }

    /** Takes over what holds for all commands of a framework, as the shell has been given it; what is given here wins. */
    void take(Stores stores) {
        json |= stores.configured(Stores.JSON).isPresent();
        verbose |= stores.configured(Stores.VERBOSE).isPresent();
        newStore |= stores.configured(Stores.NEW_STORE).isPresent();
        var reader = new OptionReader();
        configured = DriverOption.together(stores.configured(Stores.OPTIONS)
                .orElse("")
                .lines()
                .map(reader::convert)
                .toList());
    }

    /** The options of the driver. */
    Map<String, String> options() {
        var options = new LinkedHashMap<>(configured);
        options.putAll(DriverOption.together(given));
        return options;
    }

    private static String standardRoot() {
        if ("root".equals(System.getProperty("user.name"))) {
            return "/var/lib/storage-runtime";
        }
        var data = System.getenv("XDG_DATA_HOME");
        // the specification tells to ignore a relative one
        return data != null && data.startsWith("/")
                ? data + "/storage-runtime"
                : home() + "/.local/share/storage-runtime";
    }

    private static String home() {
        var home = System.getenv("HOME");
        return home != null && home.startsWith("/") ? home : System.getProperty("user.home");
    }
}
