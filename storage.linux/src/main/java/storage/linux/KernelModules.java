package storage.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Asks for kernel modules by modprobe(8): from fixed places and with an empty environment, because a search path is
 * something that others may have filled.
 */
public final class KernelModules {
    private static final List<Path> PROGRAMS = List.of(Path.of("/sbin/modprobe"), Path.of("/usr/sbin/modprobe"));
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9_-]{0,63}");
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Bytes of output that are told. */
    private static final int OUTPUT = 1000;

    private KernelModules() {}

    /**
     * What came of it.
     *
     * @param loaded whether modprobe was content: the module is loaded, or built in
     * @param message what happened, for evidence and advice
     */
    public record Outcome(boolean loaded, String message) {}

    /**
     * Tries to load a module. A tool that is missing or refuses is an answer, no exception; what counts is whether the
     * kernel has the feature afterwards ({@link Filesystems#has}). An interrupt ends the wait and stays set.
     */
    public static Outcome load(String name) {
        return load(name, PROGRAMS, LIMIT);
    }

    static Outcome load(String name, List<Path> programs, Duration limit) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("Not the name of a kernel module: " + name);
        }
        for (var program : programs) {
            if (Files.isExecutable(program)) {
                return run(program, name, limit);
            }
        }
        return new Outcome(false, "no modprobe on this machine, module " + name + " was not asked for");
    }

    private static Outcome run(Path program, String name, Duration limit) {
        Process process = null;
        try {
            // a file, because a pipe that nobody reads may fill up, and one that is read cannot be left at a time limit
            var output = Files.createTempFile("modprobe", ".out");
            try {
                var builder = new ProcessBuilder(program.toString(), "--", name)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .redirectInput(ProcessBuilder.Redirect.from(
                                Path.of("/dev/null").toFile()));
                builder.environment().clear();
                process = builder.start();
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    return new Outcome(false, "modprobe " + name + " did not end within " + limit.toSeconds() + " s");
                }
                return outcome(name, process.exitValue(), output);
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome(false, "the wait for modprobe " + name + " was interrupted");
        } catch (IOException e) {
            return new Outcome(false, "modprobe " + name + " could not be run: " + e.getMessage());
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    private static Outcome outcome(String name, int exit, Path output) throws IOException {
        if (exit == 0) {
            return new Outcome(true, "modprobe " + name + " loaded the module, or it was there");
        }
        try (var in = Files.newInputStream(output)) {
            var text = new String(in.readNBytes(OUTPUT), StandardCharsets.UTF_8).strip();
            return new Outcome(false, "modprobe " + name + " ended with " + exit + (text.isEmpty() ? "" : ": " + text));
        }
    }
}
