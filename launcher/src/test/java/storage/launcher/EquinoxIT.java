package storage.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same bundles in another framework. */
class EquinoxIT {
    @TempDir
    Path scratch;

    @Test
    void aStoreLivesAndItsBackendIsUpdated() throws Exception {
        var archive = Program.in(scratch, "--driver", "vfs")
                .demoArchive(scratch.resolve("demo"))
                .toString();
        var root = scratch.resolve("root").toString();
        var process = start();
        try (var answers = process.inputReader(StandardCharsets.UTF_8);
                var questions = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8))) {
            assertThat(answers.readLine()).isEqualTo("org.eclipse.osgi");
            var equinox = new Dialogue(questions, answers, root);
            equinox.ask("import", archive, "--name", "app").startsWith("0 ");
            equinox.ask("create", "box", "--from", "app").isEqualTo("0 box");
            equinox.ask("update", "storage.vfs").startsWith("0 ");
            equinox.ask("ls").startsWith("0 ").contains("box");
            equinox.ask("images").startsWith("0 ").contains("app");
            equinox.ask("diff", "box", "-o", scratch.resolve("box.tar").toString())
                    .startsWith("0");
            equinox.ask("update", "storage.selector").startsWith("0 ");
            equinox.ask("check", "--full").isEqualTo("0 No damage found.");
            equinox.ask("rm", "box").startsWith("0 ");
            equinox.ask("rmi", "app").startsWith("0 ");
            equinox.ask("ls").startsWith("0 ").doesNotContain("complete");
        } finally {
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly();
            }
        }
        assertThat(process.waitFor()).isZero();
    }

    /** Questions and answers, a line each. */
    private record Dialogue(PrintWriter questions, BufferedReader answers, String root) {
        org.assertj.core.api.AbstractStringAssert<?> ask(String... words) throws IOException {
            var line = String.join("\t", words);
            questions.println(words[0].equals("update") ? line : "--root\t" + root + "\t--driver\tvfs\t" + line);
            questions.flush();
            return assertThat(answers.readLine()).as(line);
        }
    }

    private Process start() throws IOException {
        var target = Path.of("target").toAbsolutePath();
        var path = String.join(
                File.pathSeparator,
                target.resolve("equinox/org.eclipse.osgi.jar").toString(),
                target.resolve("storage.jar").toString(),
                target.resolve("test-classes").toString());
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        path,
                        EquinoxProgram.class.getName(),
                        target.resolve("bundles").toString(),
                        scratch.resolve("framework").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
