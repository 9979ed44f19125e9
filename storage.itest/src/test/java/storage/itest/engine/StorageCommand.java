package storage.itest.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The storage command as a user runs it: through its script, in a process of its own, on one data root. */
final class StorageCommand {
    private final Path root;
    private final Path scratch;

    StorageCommand(Path root, Path scratch) {
        this.root = root;
        this.scratch = scratch;
    }

    /** Runs it and answers standard output; a failure of it is one of the test. */
    String run(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(script(), "--root", root.toString()));
        command.addAll(List.of(arguments));
        var errors = Files.createTempFile(scratch, "storage", ".err");
        var process = start(command, errors);
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var exit = process.waitFor();
        if (exit != 0) {
            throw new AssertionError(
                    String.join(" ", command) + " answered " + exit + ":\n" + output + Files.readString(errors));
        }
        Files.delete(errors);
        return output;
    }

    private static Process start(List<String> command, Path errors) throws IOException {
        var builder = new ProcessBuilder(command).redirectError(errors.toFile());
        // the program was just built: a source that is edited meanwhile must not start a build inside the test
        builder.environment().put("STORAGE_NO_BUILD", "1");
        return builder.start();
    }

    private static String script() {
        return Path.of("../storage").toAbsolutePath().normalize().toString();
    }
}
