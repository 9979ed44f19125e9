package storage.command.demo;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import storage.api.FileNames;
import storage.api.StoreInfo.Access;
import storage.command.entry.Terminal;
import storage.command.run.Dispatch;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.text.Printer;

/** Shows and runs the commands of the demo, each as a process would: it opens the store and closes it again. */
final class Steps {
    private final Run run;
    private final Dispatch dispatch;
    private final Path root;
    private final List<Steps> others = new ArrayList<>();
    private String driver;
    private int number;

    Steps(Run run, Dispatch dispatch, Path root) {
        this.run = run;
        this.dispatch = dispatch;
        this.root = root;
        driver = run.askedDriver().orElse(null);
    }

    void title(String title) throws Printer.Gone {
        number++;
        run.out().line("");
        run.out().line(number + ". " + title);
    }

    void say(String text) throws Printer.Gone {
        run.out().line("   " + run.out().name(text));
    }

    /** Shows a command and runs it; a command that fails ends the demo. */
    List<String> command(String... words) throws Exception {
        run.out().line("   $ " + run.terminal().program() + " " + String.join(" ", arguments(words)));
        // flushed, so that a person sees what takes its time
        run.out().flush();
        var lines = quietly(words);
        for (var line : lines) {
            run.out().line(("     " + line).stripTrailing());
        }
        return lines;
    }

    /** The same without showing anything. */
    List<String> quietly(String... words) throws Exception {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedException();
        }
        var captured = new Captured();
        var code = dispatch.run(arguments(words), captured);
        if (code == ExitCode.INTERRUPTED) {
            throw new InterruptedException();
        }
        if (code != ExitCode.OK) {
            throw new Unexpected("'" + words[0] + "' ended with exit code " + code + ": "
                    + FileNames.decode(captured.err.toByteArray()).strip());
        }
        return FileNames.decode(captured.out.toByteArray()).lines().toList();
    }

    private List<String> arguments(String... words) {
        List<String> arguments = new ArrayList<>(List.of("--root", root.toString()));
        if (driver != null) {
            arguments.addAll(List.of("--driver", driver));
        }
        arguments.addAll(List.of(words));
        return arguments;
    }

    /** What the selection says; from here on in the other stores of the demo as well. */
    String pinDriver() throws Exception {
        var chosen = run.stores()
                .selector()
                .select(run.request(Access.READ, root, driver))
                .chosen();
        return chosen.orElseThrow(() -> new Unexpected("no backend works here"));
    }

    /** The same in another store. */
    Steps elsewhere(Path otherRoot, String otherDriver) {
        var other = new Steps(run, dispatch, otherRoot);
        other.driver = otherDriver;
        others.add(other);
        return other;
    }

    void expect(String what, Object expected, Object found) throws Unexpected {
        if (!expected.equals(found)) {
            throw new Unexpected(what + " is\n" + found + "\nand not\n" + expected);
        }
    }

    /** Unmounts everything in every store of the demo. */
    List<String> cleanUp() {
        List<String> problems = new ArrayList<>();
        for (var other : others) {
            problems.addAll(other.cleanUp());
        }
        if (java.nio.file.Files.exists(root)) {
            try {
                quietly("cleanup");
            } catch (Exception e) {
                problems.add(e.getMessage());
            }
        }
        return problems;
    }

    /** Where the commands of the demo write to. */
    private static final class Captured implements Terminal {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteArrayOutputStream err = new ByteArrayOutputStream();

        @Override
        public InputStream in() {
            return new ByteArrayInputStream(new byte[0]);
        }

        @Override
        public OutputStream out() {
            return out;
        }

        @Override
        public OutputStream err() {
            return err;
        }
    }
}
