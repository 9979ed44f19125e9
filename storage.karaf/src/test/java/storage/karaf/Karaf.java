package storage.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A Karaf as it is downloaded, in a folder of its own, spoken to through its own client. It asks nobody for artifacts: what it
 * lacks has to come from an archive that it is given.
 */
final class Karaf implements AutoCloseable {
    private static final Path DISTRIBUTION = Path.of("target/distribution/apache-karaf.tar.gz");
    private static final String HOST = "127.0.0.1";
    private static final int MINUTES = 2;
    private static final String BOOT_FINISHED = "org.apache.karaf.features.BootFinished";

    /** What the client says while nobody listens yet. */
    private static final Pattern RETRY = Pattern.compile("retrying \\(attempt \\d+\\) \\.\\.\\.");

    private final Path home;
    private final String password = UUID.randomUUID().toString();
    private final int port;
    private Process server;

    /** Unpacks it. Ports are free ones, of this machine alone. */
    Karaf(Path home) throws Exception {
        this.home = Files.createDirectories(home);
        run(List.of("tar", "-xzf", DISTRIBUTION.toString(), "--strip-components=1", "-C", home.toString()));
        var ports = freePorts();
        port = ports.get(0);
        configure("org.apache.karaf.shell.cfg", Map.of("sshHost", HOST, "sshPort", "" + port));
        configure(
                "org.apache.karaf.management.cfg",
                Map.of("rmiRegistryPort", "" + ports.get(1), "rmiServerPort", "" + ports.get(2)));
        configure(
                "users.properties",
                Map.of(
                        "karaf",
                        password + ",_g_:admingroup",
                        "_g_\\:admingroup",
                        "group,admin,manager,viewer,systembundles,ssh"));
        var own = home.resolve("m2").toUri();
        Files.writeString(etc("org.ops4j.pax.url.mvn.cfg"), """
                org.ops4j.pax.url.mvn.localRepository = %s
                org.ops4j.pax.url.mvn.repositories = %s@id=none
                org.ops4j.pax.url.mvn.useFallbackRepositories = false
                org.ops4j.pax.url.mvn.defaultRepositories = ${karaf.home.uri}system@id=system@snapshots, \
                    ${karaf.data.uri}kar@id=kar@multi@snapshots
                """.formatted(home.resolve("m2"), own));
    }

    private static List<Integer> freePorts() throws IOException {
        try (var one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var two = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var three = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return List.of(one.getLocalPort(), two.getLocalPort(), three.getLocalPort());
        }
    }

    Path etc(String file) {
        return home.resolve("etc").resolve(file);
    }

    /** Replaces values of a file of properties, which have to be on a line each. */
    private void configure(String file, Map<String, String> values) throws IOException {
        var lines = new ArrayList<>(Files.readAllLines(etc(file)));
        lines.removeIf(line ->
                values.keySet().stream().anyMatch(key -> line.replace(" ", "").startsWith(key + "=")));
        values.forEach((key, value) -> lines.add(key + " = " + value));
        Files.write(etc(file), lines);
    }

    void start() throws IOException {
        server = program("karaf", List.of("daemon"))
                .redirectOutput(log().toFile())
                .start();
    }

    private Path log() {
        return home.resolve("data/server.out");
    }

    private ProcessBuilder program(String name, List<String> arguments) throws IOException {
        var command = new ArrayList<>(List.of(home.resolve("bin").resolve(name).toString()));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(key -> key.startsWith("KARAF_") || key.startsWith("JAVA_"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("EXTRA_JAVA_OPTS", "-XX:TieredStopAtLevel=1");
        return builder;
    }

    /** Waits until everything that Karaf brings is there; until then it may end sessions as it likes. */
    void awaitBoot() throws Exception {
        await("service:list " + BOOT_FINISHED, said -> said.contains(BOOT_FINISHED));
    }

    /** Asks until the answer is the right one. */
    String await(String command, Predicate<String> right) throws Exception {
        var end = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
        while (true) {
            var problem = "";
            try {
                var said = run(command);
                if (right.test(said)) {
                    return said;
                }
                problem = said;
            } catch (AssertionError e) {
                problem = e.getMessage();
            }
            assertThat(System.nanoTime() < end && server.isAlive())
                    .as("%s: %s\n%s%s", command, problem, Files.readString(log()), logged())
                    .isTrue();
        }
    }

    /** Has commands done, one after the other, and answers what they said. */
    String run(String... commands) throws Exception {
        var words = new ArrayList<>(List.of("-h", HOST, "-a", "" + port, "-u", "karaf", "-p", password));
        words.addAll(List.of("-r", "300", "-d", "1", String.join("; ", commands)));
        var said = run(program("client", words));
        assertThat(said).as(String.join("\n", commands)).doesNotContain("Error executing command");
        return said.lines().filter(line -> !RETRY.matcher(line).matches()).collect(Collectors.joining("\n"));
    }

    private String run(List<String> command) throws Exception {
        return run(new ProcessBuilder(command).redirectErrorStream(true));
    }

    private String run(ProcessBuilder builder) throws Exception {
        var file = Files.createTempFile(home, "said", ".txt");
        var process = builder.redirectOutput(file.toFile()).start();
        try {
            // its standard input stays open: at the end of that the client leaves, whatever it has been given to do
            assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
            var said = Files.readString(file, StandardCharsets.UTF_8);
            assertThat(process.exitValue())
                    .as("%s: %s", builder.command(), said)
                    .isZero();
            return said;
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** By its own means. */
    void stop() throws Exception {
        run(program("stop", List.of()));
        assertThat(server.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
    }

    /** What it has logged. */
    String logged() throws IOException {
        var file = home.resolve("data/log/karaf.log");
        return Files.exists(file) ? Files.readString(file) : "";
    }

    @Override
    public void close() {
        if (server != null) {
            server.destroyForcibly().onExit().join();
        }
    }
}
