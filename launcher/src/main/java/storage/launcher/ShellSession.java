package storage.launcher;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.osgi.framework.BundleException;

/**
 * {@code shell}: the framework with Gogo, until the user leaves it.
 *
 * <p>{@code --root} and {@code --driver} become framework properties, so that they hold for every command typed in it.
 */
final class ShellSession {
    private static final String PROCESSOR = "org.apache.felix.service.command.CommandProcessor";
    /** Gogo's own profile does far more than we need, and knows no way out but Ctrl-D. */
    private static final String PROFILE = """
            SCOPE = 'gogo:*'
            prompt = 'storage> '
            exit = { felix:stop 0 }
            """;
    /** Would remark on every pipe that it is no terminal. Held, because the JDK keeps loggers weakly. */
    private static final Logger JLINE = Logger.getLogger("org.jline");

    /** Gogo's Converter.INSPECT: the whole of a result. */
    private static final int INSPECT = 0;

    private ShellSession() {}

    /** Whether the arguments ask for a shell, and not for its help. */
    static boolean isWanted(String command, List<String> arguments) {
        return command.equals("shell") && !arguments.contains("--help") && !arguments.contains("-h");
    }

    static int run(List<String> arguments)
            throws BundleException, IOException, URISyntaxException, InterruptedException {
        JLINE.setLevel(Level.OFF);
        var commands = value(arguments, "-c");
        // Gogo puts its own in their place, and would find itself behind them
        Object[] streams = {System.in, System.out, System.err};
        var wanted = commands == null ? Container.Wanted.SHELL : Container.Wanted.SCRIPT;
        try (var cache = Cache.open();
                var container = Container.start(cache, properties(arguments, cache.run()), wanted)) {
            if (commands != null) {
                return script(container, commands, streams);
            }
            container.waitForStop();
            return 0;
        }
    }

    /**
     * Runs commands without a terminal. By name, since Gogo's own types belong to its bundle.
     *
     * @return 1 if one of them failed, which ends the script
     */
    private static int script(Container container, String commands, Object... streams) {
        try {
            var processor = container.service(PROCESSOR);
            var session = method(processor, "createSession", 3).invoke(processor, streams);
            try {
                var result = method(session, "execute", 1).invoke(session, commands);
                if (result != null) {
                    System.out.println(method(session, "format", 2).invoke(session, result, INSPECT));
                }
                return 0;
            } catch (InvocationTargetException e) {
                System.err.println("storage: " + e.getCause());
                return 1;
            } finally {
                System.out.flush();
                method(session, "close", 0).invoke(session);
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Gogo is not what it was", e);
        }
    }

    private static Method method(Object object, String name, int parameters) throws NoSuchMethodException {
        for (var method : object.getClass().getMethods()) {
            if (method.getName().equals(name)
                    && method.getParameterCount() == parameters
                    && (parameters == 0 || method.getParameterTypes()[0] != Path.class)) {
                method.trySetAccessible();
                return method;
            }
        }
        throw new NoSuchMethodException(name);
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
        return properties;
    }

    /** The value of an option, in either of its forms; null if it is not given. */
    private static String value(List<String> arguments, String option) {
        for (var i = 0; i < arguments.size(); i++) {
            var argument = arguments.get(i);
            if (argument.equals(option) && i + 1 < arguments.size()) {
                return arguments.get(i + 1);
            }
            if (argument.startsWith(option + "=")) {
                return argument.substring(option.length() + 1);
            }
        }
        return null;
    }
}
