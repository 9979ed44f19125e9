package storage.launcher;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.osgi.framework.BundleException;

/**
 * {@code shell}: the framework with Gogo, until the user leaves it.
 *
 * <p>The options that every command takes become framework properties, so that they hold for each one typed in it.
 */
final class ShellSession {
    /** Gogo's own profile does far more than we need, and knows no way out but Ctrl-D. */
    private static final String PROFILE = """
            SCOPE = 'gogo:*'
            prompt = 'storage> '
            exit = { felix:stop 0 }
            """;
    /** Would remark on every pipe that it is no terminal. Held, because the JDK keeps loggers weakly. */
    private static final Logger JLINE = Logger.getLogger("org.jline");

    private ShellSession() {}

    /** Whether the arguments ask for a shell, and not for its help. */
    static boolean isWanted(String command, List<String> arguments) {
        return command.equals("shell") && !arguments.contains("--help") && !arguments.contains("-h");
    }

    /** @return 0, or the exit code of the command that ended a script */
    static int run(List<String> arguments)
            throws BundleException, IOException, URISyntaxException, InterruptedException {
        JLINE.setLevel(Level.OFF);
        var commands = value(arguments, "-c");
        // where nobody types, prompts and the shell's own remarks would only stand between the results
        var typed = commands == null && Console.isTerminal(0);
        // Gogo puts its own in their place, and would find itself behind them
        var out = System.out;
        var err = System.err;
        var wanted = typed ? Container.Wanted.SHELL : Container.Wanted.SCRIPT;
        try (var cache = Cache.open();
                var container = Container.start(cache, properties(arguments, cache.run()), wanted)) {
            if (typed) {
                container.waitForStop();
                return 0;
            }
            try (var script = new ShellScript(container, Main.console().in(), out, err)) {
                return commands != null ? script.run(commands) : script.run();
            }
        }
    }

    private static Map<String, String> properties(List<String> arguments, Path folder) throws IOException {
        Files.writeString(Files.createDirectory(folder.resolve("etc")).resolve("gosh_profile"), PROFILE);
        Map<String, String> properties = new HashMap<>();
        properties.put("gosh.home", folder.toString());
        var root = value(arguments, "--root");
        if (root != null) {
            properties.put("storage.root", Path.of(root).toAbsolutePath().toString());
        }
        var driver = value(arguments, "--driver");
        if (driver != null) {
            properties.put("storage.driver", driver);
        }
        for (var flag : List.of("--json", "--verbose", "--new-store")) {
            if (arguments.contains(flag) || flag.equals("--verbose") && arguments.contains("-v")) {
                properties.put("storage." + flag.substring(2), "true");
            }
        }
        var options = values(arguments, "--opt");
        if (!options.isEmpty()) {
            properties.put("storage.options", String.join("\n", options));
        }
        return properties;
    }

    /** The value of an option, in either of its forms; null if it is not given. */
    private static String value(List<String> arguments, String option) {
        var values = values(arguments, option);
        return values.isEmpty() ? null : values.get(0);
    }

    private static List<String> values(List<String> arguments, String option) {
        List<String> values = new ArrayList<>();
        for (var i = 0; i < arguments.size(); i++) {
            var argument = arguments.get(i);
            if (argument.equals(option) && i + 1 < arguments.size()) {
                values.add(arguments.get(i + 1));
            } else if (argument.startsWith(option + "=")) {
                values.add(argument.substring(option.length() + 1));
            }
        }
        return values;
    }
}
