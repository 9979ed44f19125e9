package storage.itest.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real container engine on a data root of the test's choice, started and stopped by it. The socket lies in a short
 * temporary folder because the path of a unix socket has at most 108 bytes.
 */
public final class Engine implements AutoCloseable {
    private static final Path DAEMON = Path.of("/usr/sbin/dockerd");
    private static final Path CLIENT = Path.of("/usr/bin/docker");

    /** The testkit's Patience: this class works in a framework too, where that is not. */
    private static final int PATIENCE = Math.max(1, Integer.getInteger("storage.test.patience", 1));

    private static final long START_SECONDS = 60L * PATIENCE;
    private static final long STOP_SECONDS = 60L * PATIENCE;

    private final Process daemon;
    private final Path root;
    private final Path run;

    private Engine(Process daemon, Path root, Path run) {
        this.daemon = daemon;
        this.root = root;
        this.run = run;
    }

    /** Why no engine can be started here, or empty. */
    public static Optional<String> missing() {
        return Stream.of(DAEMON, CLIENT)
                .filter(program -> !Files.isExecutable(program))
                .map(program -> "no " + program + " (package docker.io)")
                .findFirst();
    }

    /**
     * Starts one.
     *
     * @param driver one of its own, or a plugin's name
     */
    public static Engine start(String driver, Path root) throws IOException, InterruptedException {
        return start(List.of(), driver, root, List.of());
    }

    /** @param enter what the command begins with */
    static Engine start(List<String> enter, String driver, Path root, List<String> more)
            throws IOException, InterruptedException {
        Files.createDirectories(root);
        var run = Files.createTempDirectory(Path.of("/tmp"), "engine");
        // where mapped users cannot pass, an engine makes a folder for them beside it, and leaves it there
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwx--x--x"));
        var log = run.resolve("log");
        var command = new ArrayList<>(enter);
        command.addAll(List.of(
                DAEMON.toString(),
                "--experimental",
                "--bridge=none",
                "--iptables=false",
                "--ip-masq=false",
                "-s",
                driver,
                "--data-root",
                root.toString(),
                "--exec-root",
                run.resolve("exec").toString(),
                "-H",
                "unix://" + run.resolve("sock"),
                "-p",
                run.resolve("pid").toString()));
        command.addAll(more);
        var daemon = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        var engine = new Engine(daemon, root, run);
        try {
            engine.awaitStart(log);
        } catch (IOException | InterruptedException | RuntimeException e) {
            engine.close();
            throw e;
        }
        return engine;
    }

    private void awaitStart(Path log) throws IOException, InterruptedException {
        var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (run(List.of("version"), new byte[0]).exit() != 0) {
            if (!daemon.isAlive() || System.nanoTime() > deadline) {
                throw new IOException("The engine did not start:\n" + Files.readString(log));
            }
            // the engine has no other way to say that it is ready
            daemon.waitFor(50, TimeUnit.MILLISECONDS);
        }
    }

    /** Runs the client and answers what it printed; a failure of it is one of the test. */
    public String docker(String... arguments) throws IOException, InterruptedException {
        return docker(new byte[0], arguments);
    }

    /** The same with something on standard input. */
    public String docker(byte[] input, String... arguments) throws IOException, InterruptedException {
        var result = run(List.of(arguments), input);
        if (result.exit() != 0) {
            throw new AssertionError("docker " + String.join(" ", arguments) + " failed:\n" + result.output()
                    + "\nengine:\n" + Files.readString(run.resolve("log")));
        }
        return result.output();
    }

    /** What the engine has logged. */
    String log() throws IOException {
        return Files.readString(run.resolve("log"));
    }

    /** Ends the engine as a crash of the machine does, with its containers: they have cut loose from it. */
    void kill() throws IOException, InterruptedException {
        daemon.destroyForcibly().waitFor();
        for (var process : ProcessHandle.allProcesses().filter(this::isOurs).toList()) {
            var below = process.descendants().toList();
            process.destroyForcibly();
            below.forEach(ProcessHandle::destroyForcibly);
            for (var each : below) {
                each.onExit().join();
            }
            process.onExit().join();
        }
        unmountOwn();
        delete(run);
    }

    /** An engine that ends as it should does that itself. Its layers' mounts are the drivers' affair. */
    private void unmountOwn() throws IOException, InterruptedException {
        for (var line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            var point = line.split(" ", -1)[4];
            if (point.startsWith(run + "/")
                    || point.startsWith(root + "/containers/")
                    || point.equals(root.toString())) {
                new ProcessBuilder("umount", "-l", point).inheritIO().start().waitFor();
            }
        }
    }

    /** Whatever an engine starts is told its folder. */
    private boolean isOurs(ProcessHandle process) {
        return process.info()
                .commandLine()
                .filter(line -> line.contains(run + "/"))
                .isPresent();
    }

    private record Result(int exit, String output) {}

    private Result run(List<String> arguments, byte[] input) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(CLIENT.toString(), "-H", "unix://" + run.resolve("sock")));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("DOCKER_BUILDKIT", "0");
        builder.environment().put("HOME", run.toString());
        var client = builder.start();
        try (var stdin = client.getOutputStream()) {
            stdin.write(input);
        } catch (IOException e) {
            // a client that fails early does not read its input; its exit code tells
        }
        var output = new String(client.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        return new Result(client.waitFor(), output);
    }

    /** Ends the engine with everything it started. */
    @Override
    public void close() throws IOException {
        daemon.destroy();
        try {
            if (!daemon.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                daemon.descendants().forEach(ProcessHandle::destroyForcibly);
                daemon.destroyForcibly().waitFor();
                throw new IOException("The engine did not stop in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            delete(run);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var below = Files.walk(folder)) {
            for (var path : below.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
