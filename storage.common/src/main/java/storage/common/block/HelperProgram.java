package storage.common.block;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

/**
 * Programs of the system that do what no system call does. They come from fixed folders and see an empty environment,
 * because a search path is something that others may have filled.
 */
public final class HelperProgram {
    private static final List<Path> FOLDERS =
            List.of(Path.of("/usr/sbin"), Path.of("/sbin"), Path.of("/usr/bin"), Path.of("/bin"));

    /** Bytes of what it said that are told. */
    private static final int OUTPUT = 1000;

    private HelperProgram() {}

    /** Where a program lies; empty if it is not installed. */
    public static Optional<Path> find(String name) {
        return FOLDERS.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Runs a program to its end.
     *
     * @param limit how long it may take; then it is killed
     * @throws StorageException IO with what it said if it fails; TIMEOUT; INTERRUPTED, with the flag set
     */
    public static void run(Path program, List<String> arguments, Duration limit) throws IOException {
        var command = new ArrayList<String>();
        command.add(program.toString());
        command.addAll(arguments);
        // a file, because a pipe that nobody reads may fill up, and one that is read cannot be left at a time limit
        var output = Files.createTempFile("storage-helper", ".out");
        Process process = null;
        try {
            var builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(Path.of("/dev/null").toFile());
            builder.environment().clear();
            process = builder.start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw StorageException.of(
                        Kind.TIMEOUT,
                        program + " did not end within " + limit.toSeconds() + " s",
                        "Look for a disk that does not answer");
            }
            if (process.exitValue() != 0) {
                throw StorageException.of(
                        Kind.IO, String.join(" ", command) + " ended with " + process.exitValue() + said(output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(Kind.INTERRUPTED, "The wait for " + program + " was interrupted")
                    .causedBy(e);
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
            Files.deleteIfExists(output);
        }
    }

    private static String said(Path output) throws IOException {
        try (var in = Files.newInputStream(output)) {
            var text = new String(in.readNBytes(OUTPUT), StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "" : ": " + text;
        }
    }
}
