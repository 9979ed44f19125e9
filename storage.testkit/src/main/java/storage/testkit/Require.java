package storage.testkit;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * What a test needs of the machine. A test whose need is not met is skipped and says why; where the system property
 * {@value #PROPERTY} names the need (a comma list, or {@code all}), it fails instead, so that a build that is meant to
 * cover something cannot silently leave it out.
 */
public final class Require {
    /** Names of features that must be there: {@code root,overlay,xfs}, or {@code all}. */
    public static final String PROPERTY = "storage.test.require";

    private Require() {}

    /** Looks whether something is there. */
    @FunctionalInterface
    public interface Probe {
        /** Why it is not there, or empty if it is. What it throws is a reason too. */
        Optional<String> missing() throws Exception;
    }

    /** The privilege of root. */
    public static void root() {
        feature("root", isRoot(), "this needs root");
    }

    /** Anything else that a machine may lack. */
    public static void feature(String name, boolean there, String reason) {
        feature(name, () -> there ? Optional.empty() : Optional.of(reason));
    }

    /** Anything else that a machine may lack. */
    public static void feature(String name, Probe probe) {
        missing(probe).ifPresent(reason -> {
            var text = name + ": " + reason;
            if (isDemanded(name)) {
                fail("Required by -D" + PROPERTY + ", but missing: " + text);
            }
            abort("Skipped, " + text);
        });
    }

    /** A program that can be run, looked up as a shell would. */
    public static void program(String name) {
        feature(name, isOnPath(name), "no program " + name + " on the PATH");
    }

    /** Whether this process is root. */
    public static boolean isRoot() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("Uid:")).anyMatch(line -> "0".equals(line.split("\\s+", 4)[2]));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    static boolean isOnPath(String name) {
        for (var folder : (System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, name))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isDemanded(String name) {
        var demanded = Set.of(System.getProperty(PROPERTY, "").trim().split("\\s*,\\s*", -1));
        return demanded.contains("all") || demanded.contains(name);
    }

    private static Optional<String> missing(Probe probe) {
        try {
            return probe.missing();
        } catch (Exception e) {
            return Optional.of(e.toString());
        }
    }
}
