package storage.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** An engine's driver in a process of its own, see {@code peer/main.go}. */
final class Peer implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;

    /** @param program what {@code peer/build} made */
    Peer(Path program, String driver, Path root) throws IOException {
        Files.createDirectories(root.resolve(driver));
        process = new ProcessBuilder(
                        program.toString(), driver, root.resolve(driver).toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    Side row(String name) {
        return rounds -> {
            process.getOutputStream().write((name + " " + rounds + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            var answer = answers.readLine();
            if (answer == null) {
                throw new IOException("The peer ended in the row " + name);
            }
            return Long.parseLong(answer);
        };
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
