package storage.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import storage.testkit.Require;

/** The program as users have it: the script beside the jar that was built, on one data root. */
record Program(Path script, Path javaHome, Path scratch, Path root, List<String> options) {
    private static final int MINUTES = 5;

    /** @param scratch an empty folder for the root, for caches and for output */
    static Program in(Path scratch, String... options) {
        return new Program(
                Path.of("../storage").toAbsolutePath().normalize(),
                Path.of(System.getProperty("java.home")),
                scratch,
                scratch.resolve("root"),
                List.of(options));
    }

    Program on(Path otherRoot) {
        return new Program(script, javaHome, scratch, otherRoot, options);
    }

    Program with(Path otherJava) {
        return new Program(script, otherJava, scratch, root, options);
    }

    Program from(Path otherScript) {
        return new Program(otherScript, javaHome, scratch, root, options);
    }

    /**
     * The archive of the image that the demo makes: three layers with all that makes layers interesting.
     *
     * @param place an empty folder, for the demo's root
     */
    Path demoArchive(Path place) throws Exception {
        assertThat(on(place).run("demo", "--keep").good().out()).contains("Done.");
        try (var folders = Files.list(place)) {
            return folders.findFirst().orElseThrow().resolve("docker.tar");
        }
    }

    /** What a process answered. Output as one character a byte, so that any bytes can be compared. */
    record Result(int code, String out, String err) {
        /** It did what it should and had nothing to remark. */
        Result good() {
            assertThat(err).isEmpty();
            assertThat(code).as(out).isZero();
            return this;
        }

        /** It failed with one sentence. */
        Result failed(int expected, String... parts) {
            assertThat(code).as(out + err).isEqualTo(expected);
            assertThat(err).doesNotContain("\tat ").startsWith("storage: ");
            for (var part : parts) {
                assertThat(err).contains(part);
            }
            return this;
        }

        List<String> lines() {
            return out.lines().toList();
        }

        JsonNode json() throws IOException {
            return JsonMapper.builder().build().readTree(out);
        }
    }

    Result run(String... arguments) throws IOException, InterruptedException {
        var process = start(List.of(), arguments);
        process.getOutputStream().close();
        return result(process);
    }

    /** Started with its standard input open. */
    Process start(List<String> before, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of("sh", script.toString(), "--root", root.toString()));
        command.addAll(options);
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).directory(scratch.toFile());
        environment(builder.environment());
        return builder.redirectError(
                        Files.createTempFile(scratch, "err", ".txt").toFile())
                .start();
    }

    private void environment(Map<String, String> variables) {
        variables.put("JAVA_HOME", javaHome.toString());
        variables.put("HOME", scratch.toString());
        variables.put("XDG_CACHE_HOME", scratch.resolve("cache").toString());
        variables.put("STORAGE_NO_BUILD", "1");
        // both make the JVM remark on standard error
        variables.remove("JAVA_TOOL_OPTIONS");
        variables.remove("JDK_JAVA_OPTIONS");
    }

    Result result(Process process) throws IOException, InterruptedException {
        var out = process.getInputStream().readAllBytes();
        assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
        return new Result(process.exitValue(), new String(out, StandardCharsets.ISO_8859_1), errors());
    }

    /** Everything on standard error since the last call. */
    private String errors() throws IOException {
        var text = new StringBuilder();
        File[] files = scratch.toFile().listFiles((folder, name) -> name.startsWith("err") && name.endsWith(".txt"));
        for (var file : files) {
            text.append(Files.readString(file.toPath(), StandardCharsets.ISO_8859_1));
            Files.delete(file.toPath());
        }
        return text.toString();
    }

    /** A JVM of version 24 or later: named by a property, or beside the one that runs this. */
    static List<Path> newerJava() throws IOException {
        var named = System.getProperty("storage.test.jdk25");
        if (named != null) {
            return List.of(Path.of(named));
        }
        var folder = Path.of(System.getProperty("java.home")).toRealPath().getParent();
        try (Stream<Path> homes = Files.list(folder)) {
            return homes.filter(home -> Files.isExecutable(home.resolve("bin/java")) && version(home) >= 24)
                    .limit(1)
                    .toList();
        }
    }

    private static int version(Path home) {
        try (var lines = Files.lines(home.resolve("release"))) {
            return lines.filter(line -> line.startsWith("JAVA_VERSION="))
                    .map(line -> line.replaceAll("^JAVA_VERSION=\"(\\d+).*$", "$1"))
                    .mapToInt(Integer::parseInt)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    /** What a driver needs of the machine. */
    static void require(String driver) throws IOException {
        if (!driver.equals("vfs")) {
            Require.root();
            Require.feature(
                    "overlay", Files.readString(Path.of("/proc/filesystems")).contains("overlay"), "no overlay");
        }
    }

    /** Whether the kernel has a mount at that path. */
    static boolean isMounted(String path) throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
            return lines.anyMatch(line -> line.split(" ", -1)[4].equals(path));
        }
    }
}
