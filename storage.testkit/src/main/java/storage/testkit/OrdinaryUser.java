package storage.testkit;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.platform.launcher.core.LauncherFactory;
import storage.linux.Linux;
import storage.testkit.store.Settings;
import storage.testkit.tree.TreeMaker;

/**
 * Runs a test class once more in a process of its own, as a user without any privilege. The class path goes along, into a
 * folder that the user can read; test files go to one that is the user's own.
 */
public final class OrdinaryUser {
    /** {@code nobody}; any number above 0 does. */
    private static final String ID = "65534";

    private static final long LONGEST_MINUTES = 15;

    private OrdinaryUser() {}

    /** Runs all tests of a class. Needs root, to become somebody else. */
    public static TestRun run(Class<?> tests) throws Exception {
        return run(tests, Optional.empty());
    }

    /**
     * The same, with test files in a folder of the caller's choice, which becomes the user's own. The folders above it have
     * to let him through.
     */
    public static TestRun run(Class<?> tests, Path folder) throws Exception {
        return run(tests, Optional.of(folder));
    }

    private static TestRun run(Class<?> tests, Optional<Path> folder) throws Exception {
        Require.root();
        Require.program("setpriv");
        var top = Files.createTempDirectory(
                "storage-user-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        try {
            return run(tests, top, folder);
        } finally {
            new TreeMaker(Linux.syscalls(), top.getParent())
                    .remove(top.getFileName().toString());
        }
    }

    private static TestRun run(Class<?> tests, Path top, Optional<Path> folder) throws Exception {
        Files.setPosixFilePermissions(top, PosixFilePermissions.fromString("rwxr-xr-x"));
        var own = Files.createDirectory(top.resolve("own"));
        for (var each : List.of(own, folder.orElse(own))) {
            new TreeMaker(Linux.syscalls(), each).owner("", Integer.parseInt(ID), Integer.parseInt(ID));
        }
        var command = List.of(
                "setpriv",
                "--reuid=" + ID,
                "--regid=" + ID,
                "--clear-groups",
                "--inh-caps=-all",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + own,
                "-Djna.tmpdir=" + own,
                // the same code as in the process above: where it runs makes less of a difference
                "-D" + Settings.MATRIX + "=" + ("full".equals(System.getProperty(Settings.MATRIX)) ? "full" : "one"),
                "-D" + TestFilesystem.FOLDER + "=" + folder.orElse(own),
                "-cp",
                classPath(top),
                TestRun.class.getName(),
                tests.getName());
        var log = top.resolve("output");
        var process = new ProcessBuilder(command)
                .directory(own.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process.getOutputStream().close();
        if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly().waitFor();
        }
        return TestRun.of(Files.readString(log, StandardCharsets.UTF_8));
    }

    /** Copies of everything on this process' class path, where anybody may read it. */
    private static String classPath(Path top) throws IOException {
        var launcher = Path.of(LauncherFactory.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        var entries = new ArrayList<String>();
        var originals =
                new ArrayList<>(List.of(System.getProperty("java.class.path").split(File.pathSeparator, -1)));
        originals.add(launcher.toString());
        for (var original : originals) {
            var entry = Path.of(original);
            if (Files.exists(entry)) {
                var copy = top.resolve("class-path-" + entries.size() + "-" + entry.getFileName());
                copy(entry, copy);
                entries.add(copy.toString());
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                var copy = to.resolve(from.relativize(folder).toString());
                Files.createDirectory(copy);
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                var copy = file.equals(from)
                        ? to
                        : to.resolve(from.relativize(file).toString());
                Files.copy(file, copy);
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
