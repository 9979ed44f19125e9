package storage.launcher;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import storage.command.entry.CommandFailed;

/**
 * Gogo without its shell: commands of an option or of standard input, the first that fails ends them. By name, since
 * Gogo's own types belong to its bundle.
 */
final class ShellScript implements AutoCloseable {
    private static final String PROCESSOR = "org.apache.felix.service.command.CommandProcessor";
    /** Gogo's Converter.INSPECT: the whole of a result. */
    private static final int INSPECT = 0;

    private static final int INTERNAL = 1;
    private static final int USAGE = 2;
    /** Beside exit codes: there has to come more before the commands can be run. */
    private static final int INCOMPLETE = -1;
    /** Beside exit codes: the script has said {@code exit}. */
    private static final int EXIT = -2;

    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private final Object session;

    ShellScript(Container container, InputStream in, PrintStream out, PrintStream err) {
        this.in = in;
        this.out = out;
        this.err = err;
        var processor = container.service(PROCESSOR);
        try {
            session = method(processor, "createSession", 3).invoke(processor, in, out, err);
        } catch (ReflectiveOperationException e) {
            throw changed(e);
        }
    }

    /**
     * Runs commands.
     *
     * @return the exit code of the one that failed, or 0
     */
    int run(String commands) throws InterruptedException {
        var code = execute(commands);
        if (code == INCOMPLETE) {
            return told(USAGE, "The commands end too early", "A quote or a bracket may be missing");
        }
        return code == EXIT ? 0 : code;
    }

    /** Runs the commands of standard input, each line as soon as it is there. */
    int run() throws IOException, InterruptedException {
        var commands = new StringBuilder();
        for (var line = line(); line != null; line = line()) {
            commands.append(line).append('\n');
            var code = execute(commands.toString());
            if (code != INCOMPLETE) {
                commands.setLength(0);
            }
            if (code == EXIT || code > 0) {
                return Math.max(code, 0);
            }
        }
        return commands.length() == 0 ? 0 : run(commands.toString());
    }

    /** Byte by byte, because what follows may be for the command of this line. Null at the end. */
    private String line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (var b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return line.size() == 0 ? null : line.toString(StandardCharsets.UTF_8);
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    private int execute(String commands) throws InterruptedException {
        try {
            var result = method(session, "execute", 1).invoke(session, commands);
            if (result != null) {
                out.println(method(session, "format", 2).invoke(session, result, INSPECT));
            }
            return 0;
        } catch (InvocationTargetException e) {
            return failed(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw changed(e);
        } finally {
            out.flush();
        }
    }

    private int failed(Throwable thrown) throws InterruptedException {
        for (var at = thrown; at != null; at = at.getCause()) {
            if (at instanceof CommandFailed failed) {
                return failed.exitCode();
            }
            if (at instanceof InterruptedException interrupted) {
                throw interrupted;
            }
            var type = at.getClass().getSimpleName();
            if (type.equals("EOFError")) {
                return INCOMPLETE;
            }
            if (type.equals("SyntaxError")) {
                return told(USAGE, "The commands cannot be understood: " + at.getMessage(), "");
            }
            if (type.equals("CommandNotFoundException")) {
                return unknown(at);
            }
        }
        return told(INTERNAL, thrown.getMessage() == null ? thrown.toString() : thrown.getMessage(), "");
    }

    private int unknown(Throwable thrown) {
        String command;
        try {
            command = (String) method(thrown, "getCommand", 0).invoke(thrown);
        } catch (ReflectiveOperationException e) {
            throw changed(e);
        }
        return command.equals("exit") || command.endsWith(":exit")
                ? EXIT
                : told(USAGE, "There is no command '" + command + "'", "'storage:help' lists the commands");
    }

    private int told(int code, String message, String advice) {
        err.println("storage: " + message + ".");
        if (!advice.isEmpty()) {
            err.println("  " + advice + ".");
        }
        return code;
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

    private static IllegalStateException changed(ReflectiveOperationException e) {
        return new IllegalStateException("Gogo is not what it was", e);
    }

    @Override
    public void close() {
        out.flush();
        try {
            method(session, "close", 0).invoke(session);
        } catch (ReflectiveOperationException e) {
            throw changed(e);
        }
    }
}
