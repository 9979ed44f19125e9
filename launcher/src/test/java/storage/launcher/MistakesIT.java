package storage.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a mistyped command line, a strange environment and a signal must not do. */
class MistakesIT {
    @TempDir
    Path scratch;

    @Test
    void aHomeThatDoesNotExistIsNotMade() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        var home = scratch.resolve("none");
        storage.result(storage.start(List.of("env", "-u", "XDG_CACHE_HOME", "HOME=" + home), "ls"))
                .good();
        storage.result(storage.start(List.of("env", "HOME=" + home, "XDG_CACHE_HOME=" + home + "/cache"), "ls"))
                .good();
        assertThat(home).doesNotExist();
    }

    @Test
    void whatItWritesIsInTheDocumentedCache() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        var home = Files.createDirectory(scratch.resolve("home"));
        storage.result(storage.start(List.of("env", "-u", "XDG_CACHE_HOME", "HOME=" + home), "ls"))
                .good();
        // the JVM's own idea of the home is that of the user database, and JNA's folder would be in this cache
        storage.run("ls").good();
        assertThat(home).isDirectoryContaining("glob:**/.cache");
        assertThat(home.toFile().list()).containsExactly(".cache");
        assertThat(home.resolve(".cache").toFile().list()).containsExactly("storage-runtime");
        assertThat(scratch.resolve("cache").toFile().list()).containsExactly("storage-runtime");
    }

    @Test
    void aMistypedRootLeavesNoStore() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        for (var command : List.of(
                "rm x",
                "mount x",
                "umount x",
                "commit x y",
                "tag x y",
                "rmi x",
                "create y --from x",
                "create y --parent x",
                "apply x /dev/null",
                "apply y /dev/null --from x",
                "--new-store rm x")) {
            storage.run(command.split(" ", -1)).failed(3, "x");
            assertThat(storage.root()).as(command).doesNotExist();
        }
        for (var command : List.of("prune", "cleanup", "check --repair")) {
            storage.run(command.split(" ", -1)).good();
            assertThat(storage.root()).as(command).doesNotExist();
        }
    }

    @Test
    void emptyArgumentsStayWhereTheyAre() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        storage.run("create", "box").good();
        storage.run("rm", "", "box").failed(2, "'' is not a layer id");
        storage.run("diff", "box", "-o", "").failed(2, "-o is empty");
        storage.run("import", "").failed(2, "FILE is empty");
        assertThat(storage.run("ls").good().out()).contains("box");
    }

    /** A byte that is no UTF-8 behind the program's own arguments. */
    @Test
    void namesThatTheJvmCannotTakeAreRefused() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        var odd = List.of("sh", "-c", "exec \"$@\" \"$(printf 'x\\377')\"", "sh");
        storage.result(storage.start(odd, "version", "--root")).failed(2, "no UTF-8");
        storage.run("create", "box").good();
        storage.result(storage.start(odd, "diff", "box", "-o")).failed(2, "no UTF-8");
        assertThat(scratch.toFile().list((folder, name) -> name.startsWith("x")))
                .isEmpty();
    }

    @Test
    void anImageWithoutANameIsPointedOut() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        storage.on(scratch.resolve("demo")).run("demo", "--keep").good();
        Path layout;
        try (var folders = Files.list(scratch.resolve("demo"))) {
            layout = folders.findFirst().orElseThrow().resolve("image");
        }
        var imported = storage.run("import", layout.toString());
        assertThat(imported.code()).isZero();
        assertThat(imported.out()).matches("sha256:[0-9a-f]{64}\n");
        var id = imported.out().substring(7, 19);
        assertThat(imported.err())
                .isEqualTo("storage: Image " + id
                        + " has no name, and the next 'prune' takes it: give it one with 'storage tag " + id
                        + " NAME'.\n");
        storage.run("tag", id, "named").good();
        assertThat(storage.run("images").good().out()).contains("named");
        assertThat(storage.run("import", layout.toString(), "--json").err()).isEmpty();
    }

    @Test
    void aReadWriteLayerThatIsMountedReadOnlyIsPointedOut() throws Exception {
        Program.require("overlay2");
        var storage = Program.in(scratch, "--driver", "overlay2");
        storage.run("create", "box").good();
        storage.run("mount", "box").good();
        storage.run("umount", "box").good();
        storage.run("create", "copy", "--parent", "box").good();
        try {
            var mounted = storage.run("mount", "box");
            assertThat(mounted.code()).isZero();
            assertThat(mounted.err()).isEqualTo("storage: Layer box is mounted read-only: copy stands on it.\n");
            assertThat(storage.run("mount", "box", "--json")
                            .good()
                            .json()
                            .get("readOnly")
                            .asBoolean())
                    .isTrue();
        } finally {
            storage.run("cleanup").good();
        }
    }

    /** While the program starts, whatever fails comes from the interrupt. */
    @Test
    void anInterruptAtTheStartIsToldAsOne() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        storage.run("ls").good();
        for (var round = 0; round < 5; round++) {
            var process = storage.start(List.of(), "import", "-");
            await(scratch.resolve("cache/storage-runtime/run/" + process.pid()), process);
            interrupt(process);
            var ended = storage.result(process);
            assertThat(ended.err()).isEqualTo("storage: Interrupted.\n");
            assertThat(ended.code()).isEqualTo(130);
        }
    }

    @Test
    void anInterruptedArchiveLeavesNoFile() throws Exception {
        var storage = Program.in(scratch, "--driver", "vfs");
        storage.run("create", "box").good();
        var mounted = Path.of(storage.run("mount", "box").good().out().strip());
        try (var big = new RandomAccessFile(mounted.resolve("big").toFile(), "rw")) {
            big.setLength(2L << 30);
        }
        var process = storage.start(List.of(), "diff", "box", "-o", "big.tar");
        await(scratch.resolve(".big.tar." + process.pid() + ".part"), process);
        interrupt(process);
        var ended = storage.result(process);
        assertThat(ended.err()).isEqualTo("storage: Interrupted.\n");
        assertThat(ended.code()).isEqualTo(130);
        assertThat(scratch.toFile().list((folder, name) -> name.contains("big.tar")))
                .isEmpty();
    }

    private static void await(Path file, Process process) {
        var end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!Files.exists(file)) {
            assertThat(process.isAlive())
                    .as("the process that was to write " + file)
                    .isTrue();
            assertThat(System.nanoTime()).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private static void interrupt(Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }
}
