package storage.itest.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Runs a fuzz target with Jazzer's own driver in a JVM of its own: its JUnit extension is made for JUnit 5, and the
 * instrumentation is nothing for the JVM of the other tests.
 */
final class Fuzzing {
    private static final Pattern DONE = Pattern.compile("Done (\\d+) runs");
    private static final long PATIENCE_MINUTES = 10;

    private final Path folder;
    private final Class<?> target;

    /** @param folder for inputs and findings; kept for later runs */
    Fuzzing(Path folder, Class<?> target) {
        this.folder = folder;
        this.target = target;
    }

    /**
     * What came of it.
     *
     * @param runs how many inputs were tried, -1 if it did not get to the end
     */
    record Outcome(long runs, int exitCode, String output) {}

    /**
     * Tries inputs: first the seeds, then what becomes of them.
     *
     * @param limit {@code -runs=N} or {@code -max_total_time=SECONDS}
     */
    Outcome run(List<byte[]> seeds, Path keptSeeds, String limit) throws IOException, InterruptedException {
        var inputs = Files.createDirectories(folder.resolve("inputs"));
        var given = Files.createDirectories(folder.resolve("seeds"));
        for (var i = 0; i < seeds.size(); i++) {
            Files.write(given.resolve("seed-" + i), seeds.get(i));
        }
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx600m",
                "-Djava.util.logging.config.file=" + quiet(),
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--instrumentation_includes=storage.**",
                "--custom_hook_includes=storage.**",
                "--reproducer_path=" + folder,
                limit,
                // the same inputs in every build
                "-seed=1",
                "-max_len=8192",
                // the first input loads and instruments classes, which takes long on a busy machine
                "-timeout=240",
                "-artifact_prefix=" + folder + "/",
                inputs.toString(),
                given.toString()));
        if (Files.isDirectory(keptSeeds)) {
            command.add(keptSeeds.toString());
        }
        var log = folder.resolve("log");
        var process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            var seconds = limit.startsWith("-max_total_time=") ? Long.parseLong(limit.substring(16)) : 0;
            if (!process.waitFor(seconds + TimeUnit.MINUTES.toSeconds(PATIENCE_MINUTES), TimeUnit.SECONDS)) {
                return new Outcome(-1, -1, "it does not end: " + tail(log));
            }
            var output = Files.readString(log, StandardCharsets.ISO_8859_1);
            var done = DONE.matcher(output);
            return new Outcome(done.find() ? Long.parseLong(done.group(1)) : -1, process.exitValue(), tail(log));
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private Path quiet() throws IOException {
        return Files.writeString(folder.resolve("logging.properties"), ".level=OFF\n");
    }

    private static String tail(Path log) throws IOException {
        var text = Files.readString(log, StandardCharsets.ISO_8859_1);
        var finding = text.indexOf("== Java Exception");
        var from = finding >= 0 ? finding : Math.max(0, text.length() - 4000);
        return text.substring(from, Math.min(text.length(), from + 4000));
    }
}
