package storage.command.run;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Where {@code -o} points: a file that appears whole or not at all, or standard output. */
public final class Target {
    private static final int BUFFER = 1 << 16;

    private Target() {}

    /** What is written. */
    @FunctionalInterface
    public interface Content {
        void to(OutputStream out) throws Exception;
    }

    /** @param output a path, or {@code -} */
    public static void write(Run run, String output, Content content) throws Exception {
        if (output.equals("-")) {
            if (run.out().isTerminal()) {
                throw run.usage("The archive would go to the terminal: give -o FILE, or pipe it");
            }
            content.to(run.out());
            run.out().flush();
            return;
        }
        var file = Path.of(output).toAbsolutePath();
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            stream(file, content, StandardOpenOption.WRITE);
        } else {
            replace(file, content);
        }
    }

    /** Beside the target first, so that a failure half-way leaves an older file as it was. */
    private static void replace(Path link, Content content) throws Exception {
        var file = Files.exists(link) ? link.toRealPath() : link;
        var part = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            stream(part, content, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (Throwable e) {
            if (Files.exists(part, LinkOption.NOFOLLOW_LINKS)) {
                try {
                    Files.delete(part);
                } catch (IOException again) {
                    e.addSuppressed(again);
                }
            }
            throw e;
        }
    }

    private static void stream(Path file, Content content, StandardOpenOption... how) throws Exception {
        try (var out = new BufferedOutputStream(Files.newOutputStream(file, how), BUFFER)) {
            content.to(out);
        }
    }
}
