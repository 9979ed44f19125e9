package storage.testkit.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import storage.testkit.Patience;

/** A {@link Victim} on this process' class path. */
final class VictimProcess implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;

    VictimProcess(Workbench bench, String work, String layer) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                bench.driver(bench.linux()).getClass().getName(),
                bench.root().toString(),
                work,
                layer,
                bench.setting().ids().name()));
        bench.factory().options().forEach((key, value) -> command.add(key + "=" + value));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        output = process.inputReader();
    }

    /** The next line that it says; waits for it. */
    String says() throws IOException {
        var line = output.readLine();
        if (line == null) {
            throw new IOException("The process ended without a word");
        }
        return line;
    }

    OutputStream input() {
        return process.getOutputStream();
    }

    long pid() {
        return process.pid();
    }

    /** SIGKILL, and waits until it is gone. */
    void kill() throws IOException {
        process.destroyForcibly();
        try {
            if (!process.waitFor(Patience.seconds(60), TimeUnit.SECONDS)) {
                throw new IOException("The process " + process.pid() + " does not die");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("The wait for process " + process.pid() + " was interrupted");
        }
    }

    @Override
    public void close() throws IOException {
        kill();
        output.close();
    }
}
