package storage.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.testkit.Require;

/** How the program behaves as a process: beside others, when it is told to stop, on other JVMs, for other users. */
class ProcessIT {
    @TempDir
    Path scratch;

    /** An import that waits for its input holds the store; what only reads works beside it, what writes fails at once. */
    @Test
    void writersFailBesideAHolderAndReadersWork() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        storage.run("create", "box").good();
        var holder = storage.start(List.of(), "import", "-", "--name", "late");
        try {
            awaitLock(holder);
            var pid = Long.toString(holder.pid());
            storage.run("create", "other")
                    .failed(11, "process " + pid + " (storage --root " + storage.root(), " import - --name late)");
            var error = storage.run("rm", "box", "--json");
            assertThat(error.code()).isEqualTo(11);
            assertThat(JsonMapper.builder()
                            .build()
                            .readTree(error.err())
                            .at("/error/kind")
                            .asText())
                    .isEqualTo("LOCKED");
            assertThat(storage.run("ls").good().out()).contains("box").doesNotContain("other");
            // nobody waited: the holder is still there
            assertThat(holder.isAlive()).isTrue();

            // Ctrl-C: ends by the signal, and takes back what it began
            signal("INT", holder);
            assertThat(storage.result(holder).code()).isEqualTo(130);
        } finally {
            holder.destroyForcibly();
        }
        assertThat(storage.run("images", "--json").good().json()).isEmpty();
        storage.run("rm", "box").good();
        assertThat(scratch.resolve("cache/storage-runtime/run")).isEmptyDirectory();
    }

    /** What a killed process leaves is taken up by the next. */
    @Test
    void aKilledHolderLocksNobodyOut() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        var holder = storage.start(List.of(), "import", "-", "--name", "late");
        awaitLock(holder);
        signal("KILL", holder);
        assertThat(storage.result(holder).code()).isEqualTo(137);
        storage.run("create", "box").good();
        storage.run("rm", "box").good();
        assertThat(scratch.resolve("cache/storage-runtime/run")).isEmptyDirectory();
    }

    @Test
    void commandLinesThatMakeNoSenseAreRefused() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        storage.run("flurb").failed(2, "flurb", "help");
        storage.run("create").failed(2, "ID");
        storage.run("create", "../escape").failed(2, "../escape");
        storage.run("create", "a", "--from", "x", "--parent", "y").failed(2);
        storage.run("ls", "--flurb").failed(2, "--flurb");
        Program.in(scratch, "--driver", "flurb").run("ls").failed(2, "flurb");
        storage.run().failed(2, "No command is given");
        assertThat(storage.run("help").good().out())
                .contains("Usage:")
                .contains("--new-store")
                .contains("drivers");
        assertThat(storage.run("help", "create").good().out()).contains("--from");
        assertThat(storage.run("create", "--help").good().out()).contains("--from");
    }

    @Test
    void aFullOutputIsAFailure() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        var process = new ProcessBuilder(
                "sh", "-c", "exec \"$0\" version >/dev/full", storage.script().toString());
        process.environment().put("STORAGE_NO_BUILD", "1");
        process.environment().put("XDG_CACHE_HOME", scratch.resolve("cache").toString());
        process.environment().put("JAVA_HOME", storage.javaHome().toString());
        assertThat(process.start().waitFor()).isIn(10, 13);
    }

    @Test
    void theShellHasTheSameCommands() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        var made = storage.run("shell", "-c", "storage:create box; storage:ls").good();
        assertThat(made.out()).contains("box").contains("read-write");
        assertThat(storage.run("--json", "shell", "-c", "storage:ls").json()).hasSize(1);
        var failed = storage.run("shell", "-c", "storage:rm nothing; storage:rm box");
        assertThat(failed.failed(3, "nothing").err()).doesNotContain("exit code");
        storage.run("shell", "-c", "storage:nope").failed(2, "no command 'storage:nope'", "storage:help");
        storage.run("shell", "-c", "storage:ls; exit; storage:nope").good();
        // "import" is a word of Java, so its method has another name, which Gogo's help does not see
        assertThat(storage.run("shell", "-c", "storage:import nothing.tar").err())
                .contains("no file");
        // a shell and an engine's plugin are programs of their own
        var listed = storage.run("shell", "-c", "felix:help").good().lines();
        assertThat(storage.run("help").good().lines().stream()
                        .filter(line -> line.startsWith("  "))
                        .map(line -> "storage:" + line.strip().split(" ", 2)[0])
                        .filter(command -> !List.of("storage:shell", "storage:serve", "storage:import")
                                .contains(command)))
                .isNotEmpty()
                .allSatisfy(command -> assertThat(listed).contains(command));
        storage.run("rm", "box").good();
    }

    /** Without a terminal there are no prompts and no remarks of the shell, and commands may go over several lines. */
    @Test
    void theShellTakesCommandsFromAPipe() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        var shell = storage.start(List.of(), "shell");
        try (var in = shell.outputWriter()) {
            in.write("storage:create \"box\"\nx = \"two\nlines\"\nexit\nstorage:create late\n");
        }
        assertThat(storage.result(shell).good().out()).isEqualTo("box\ntwo\nlines\n");
        shell = storage.start(List.of(), "shell");
        try (var in = shell.outputWriter()) {
            in.write("storage:rm nothing\nstorage:rm box\n");
        }
        storage.result(shell).failed(3, "nothing");
        storage.run("rm", "box").good();
        assertThat(scratch.resolve(".gogo.history")).doesNotExist();
    }

    @Test
    void newerJavaRemarksOnNothing() throws Exception {
        var homes = Program.newerJava();
        Require.feature("jdk25", !homes.isEmpty(), "no Java 24 or newer beside this one");
        var storage = Program.in(scratch, "--driver", "vfs").with(homes.get(0));
        storage.run("drivers").good();
        assertThat(storage.run("drivers", "--json").good().json().get("chosen").asText())
                .isEqualTo("vfs");
        storage.run("demo").good();
        storage.run("shell", "-c", "storage:ls").good();
    }

    /** Another user, from a folder that cannot be written to, through a link, in the C locale. */
    @Test
    void anOrdinaryUserHasVfsAndIsToldWhy() throws Exception {
        Require.root();
        Require.program("setpriv");
        var folder = open(scratch.resolve("program"));
        Files.copy(Path.of("target/storage.jar"), folder.resolve("storage.jar"));
        Files.copy(Path.of("../storage"), folder.resolve("storage"));
        Files.createSymbolicLink(folder.resolve("link"), Path.of("storage"));
        var home = open(scratch.resolve("home"));
        Files.setAttribute(home, "unix:uid", 65534);
        open(scratch);
        var user = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
        var storage = Program.in(home).from(folder.resolve("link"));
        var drivers = storage.start(user, "drivers");
        var told = storage.result(drivers).good();
        assertThat(told.out()).contains("*  vfs").contains("root");
        assertThat(storage.result(storage.start(user, "demo")).good().out()).contains("Nothing was left behind");
    }

    private static Path open(Path folder) throws IOException {
        Files.createDirectories(folder);
        return Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** The process writes its number into the lock file when it has the lock. */
    private void awaitLock(Process holder) throws Exception {
        var lock = scratch.resolve("root/storage/vfs/lock");
        var end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!Files.exists(lock) || !Files.readString(lock).contains(Long.toString(holder.pid()))) {
            assertThat(holder.isAlive())
                    .as("the process that was to hold the store")
                    .isTrue();
            assertThat(System.nanoTime()).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private static void signal(String name, Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }
}
