package storage.itest.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import storage.testkit.Patience;

/** {@code storage serve} as a user runs it, in a process of its own. */
final class Served implements AutoCloseable {
    private static final int MINUTES = 3;

    private final List<String> command;
    private final Path log;
    private Process process;

    private Served(List<String> command, Path log) {
        this.command = command;
        this.log = log;
    }

    static Served start(String plugin, Path root, String driver, List<String> options, Path work) throws Exception {
        return start(List.of(), plugin, root, driver, options, work);
    }

    /**
     * @param enter what the command begins with
     * @param driver null to let the engine choose
     */
    static Served start(List<String> enter, String plugin, Path root, String driver, List<String> options, Path work)
            throws Exception {
        var script = Path.of("../storage").toAbsolutePath().normalize().toString();
        List<String> command = new ArrayList<>(enter);
        command.addAll(List.of(script, "--root", root.toString(), "serve", "--plugin", plugin));
        if (driver != null) {
            command.addAll(List.of("--driver", driver));
        }
        options.forEach(option -> command.addAll(List.of("--opt", option)));
        var served = new Served(command, Files.createTempFile(work, "serve", ".log"));
        served.begin();
        return served;
    }

    /** Starts the program, and waits until it serves. */
    void begin() throws IOException, InterruptedException {
        Files.writeString(log, "");
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("STORAGE_NO_BUILD", "1");
        process = builder.start();
        process.getOutputStream().close();
        var deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(Patience.seconds(MINUTES));
        while (!Files.readString(log).contains("Serving")) {
            if (process.waitFor(20, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
                throw new IOException("It does not serve:\n" + log());
            }
        }
    }

    /** What the program has printed. */
    String log() throws IOException {
        return Files.readString(log);
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Ctrl-C, or what a service manager sends. */
    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(Patience.seconds(MINUTES), TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException("It did not stop cleanly:\n" + log());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
