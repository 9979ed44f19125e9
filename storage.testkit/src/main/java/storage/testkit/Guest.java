package storage.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.platform.launcher.core.LauncherFactory;
import storage.testkit.store.Settings;

/**
 * Runs a test class in a guest with Debian's kernel, which has what the kernel at hand may lack: {@code cnf/guest/run}. The
 * class must not match the build's patterns, so that it runs there alone; it is root, and {@link #DISK} is empty.
 */
public final class Guest {
    /** System property: another kernel than Debian's, as a package; see {@code cnf/guest/run}. */
    public static final String KERNEL = "storage.test.guest.kernel";

    /** System property: what the tests in the guest demand, see {@link Require}. */
    private static final String DEMANDS = "storage.test.guest.require";

    /** System property: how many minutes a guest may take. */
    private static final String TIME = "storage.test.guest.minutes";

    private static final String DISK = "/dev/vda";

    /** What {@code cnf/guest/run} has its kernel told. */
    private static final String MARK = "guest.own";

    private static final Path SCRIPT =
            Path.of("../cnf/guest/run").toAbsolutePath().normalize();
    private static final List<String> PROGRAMS =
            List.of("qemu-system-x86_64", "cpio", "modprobe", "busybox", "apt-get");
    private static final int FAILED = 125;
    /** Emulation is so many times slower, and more beside other work. */
    private static final int PATIENCE = 20;

    private static final int MINUTES = Integer.getInteger(TIME, 10);

    private Guest() {}

    /**
     * Runs all tests of a class.
     *
     * @param diskSize of the guest's disk, such as {@code 1G}
     */
    public static TestRun run(Class<?> tests, String diskSize) throws Exception {
        return run(tests, MINUTES, "--disk", diskSize);
    }

    /**
     * Runs all tests of a class.
     *
     * @param minutes how long that may take
     * @param options of the script, such as {@code --udev}
     */
    public static TestRun run(Class<?> tests, int minutes, String... options) throws Exception {
        return run(tests, List.of(), minutes, options);
    }

    /**
     * Runs some of the tests of a class.
     *
     * @param parts full names of its nested classes; all tests if there is none
     */
    public static TestRun run(Class<?> tests, List<String> parts, int minutes, String... options) throws Exception {
        var launcher = Path.of(LauncherFactory.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-D" + Settings.MATRIX + "=" + System.getProperty(Settings.MATRIX, "pairs"),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                // programs are started by the hundred, and the helper that the JDK would start first takes as long as
                // they
                "-Djdk.lang.Process.launchMechanism=VFORK",
                "-D" + Patience.PROPERTY + "=" + PATIENCE,
                "-D" + Require.PROPERTY + "=" + System.getProperty(DEMANDS, ""),
                "-cp",
                System.getProperty("java.class.path") + File.pathSeparator + launcher,
                TestRun.class.getName(),
                tests.getName()));
        command.addAll(parts);
        return TestRun.of(command(command, minutes, options).output());
    }

    /**
     * What a command in a guest has come to.
     *
     * @param code its exit code; 125 if the guest itself failed
     * @param output what it said, and the guest's kernel
     */
    public record Said(int code, String output) {}

    /** Runs any command. */
    public static Said command(List<String> words, int minutes, String... options) throws Exception {
        Require.feature("guest", Guest::missing);
        var command = new ArrayList<String>();
        command.add(SCRIPT.toString());
        command.addAll(List.of(options));
        if (System.getProperty(KERNEL) != null) {
            command.addAll(List.of("--kernel", System.getProperty(KERNEL)));
        }
        command.addAll(List.of("--minutes", Integer.toString(minutes), "--"));
        command.addAll(words);
        var log = Files.createTempFile("storage-guest-", ".log");
        try {
            var process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(minutes + 2, TimeUnit.MINUTES)) {
                process.destroy();
                process.waitFor(1, TimeUnit.MINUTES);
            }
            var code = process.isAlive() ? FAILED : process.exitValue();
            return new Said(code, Files.readString(log, StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(log);
        }
    }

    /**
     * The guest's disk, to be written to at will. Elsewhere a disk of that name is somebody's: the test fails.
     *
     * @throws IllegalStateException outside of a guest
     */
    public static String disk() {
        try {
            var words = Files.readString(Path.of("/proc/cmdline")).strip().split(" ", -1);
            if (!List.of(words).contains(MARK)) {
                throw new IllegalStateException("This is no guest of cnf/guest/run, and " + DISK + " is not ours");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return DISK;
    }

    private static Optional<String> missing() {
        if (!System.getProperty("os.arch").equals("amd64")) {
            return Optional.of("guests are made for x86-64 only");
        }
        if (!Files.isExecutable(SCRIPT)) {
            return Optional.of("no " + SCRIPT);
        }
        return PROGRAMS.stream()
                .filter(program -> !Require.isOnPath(program))
                .findFirst()
                .map(program -> "no program " + program + " on the PATH");
    }
}
