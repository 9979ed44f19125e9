package storage.common.io;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Which process it is, in a way that a later process with the same number cannot be taken for it.
 *
 * @param pid the number
 * @param start when it started, in clock ticks since the machine was booted: field 22 of {@code /proc/PID/stat}, proc(5)
 * @param command what it is called, cut to what a message can show: the system property {@value #PROPERTY}, which a
 *     program sets that knows better what it is doing; else the JVM's main class or jar with its arguments, {@code
 *     sun.java.command}; else the command line
 */
public record ProcessName(long pid, long start, String command) {
    /** System property: what this process is called where another one has to wait for it. */
    public static final String PROPERTY = "storage.process";

    private static final int SHOWN = 200;

    /** This process. */
    public static ProcessName current() throws IOException {
        var pid = ProcessHandle.current().pid();
        return new ProcessName(pid, start(pid), command(pid));
    }

    /** Whether this very process is still there, as far as this process can see. */
    public boolean isAlive() {
        try {
            return start(pid) == start;
        } catch (IOException e) {
            return false;
        }
    }

    private static long start(long pid) throws IOException {
        var stat = read(pid, "stat");
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 21);
        return Long.parseLong(fields[19]);
    }

    private static String command(long pid) throws IOException {
        var known = System.getProperty(PROPERTY, System.getProperty("sun.java.command", ""));
        var command = (known.isBlank() ? read(pid, "cmdline").replace('\0', ' ') : known)
                .replaceAll("\\p{Cntrl}", "?")
                .trim();
        return command.length() > SHOWN ? command.substring(0, SHOWN) + "..." : command;
    }

    private static String read(long pid, String file) throws IOException {
        try (var in = new FileInputStream("/proc/" + pid + "/" + file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** For messages: number and command. */
    @Override
    public String toString() {
        return pid + (command == null || command.isEmpty() ? "" : " (" + command + ")");
    }
}
