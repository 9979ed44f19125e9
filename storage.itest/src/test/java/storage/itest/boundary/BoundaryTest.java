package storage.itest.boundary;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.driver.GraphDriver;
import storage.btrfs.BtrfsDriver;
import storage.linux.Linux;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.testkit.Require;
import storage.testkit.TestFilesystems;
import storage.testkit.tree.TreeMaker;
import storage.testkit.tree.TreeText;
import storage.vfs.VfsDriver;

/**
 * The kernel's side of the boundary: while the whole corpus is applied, every call that makes, changes or removes a file is
 * traced, and none is outside of the data root.
 */
class BoundaryTest {
    private static final long PATIENCE_MINUTES = 5;

    @RegisterExtension
    static final TestFilesystems FILES = new TestFilesystems();

    @Test
    void vfs() throws Exception {
        staysInside(VfsDriver.class, "ext4");
    }

    @Test
    void overlay() throws Exception {
        staysInside(OverlayDriver.class, "ext4");
    }

    @Test
    void overlay2() throws Exception {
        staysInside(Overlay2Driver.class, "ext4");
    }

    @Test
    void btrfs() throws Exception {
        staysInside(BtrfsDriver.class, "btrfs");
    }

    private static void staysInside(Class<? extends GraphDriver> driver, String filesystem) throws Exception {
        Require.root();
        Require.program("strace");
        var folder = Files.createDirectory(FILES.folder(filesystem).toRealPath().resolve(driver.getSimpleName()));
        var canary = Files.createDirectory(folder.resolve("canary"));
        Files.writeString(canary.resolve("victim"), "untouched");
        var before = TreeText.capture(Linux.syscalls(), canary);
        var log = folder.resolve("trace");
        var output = run(
                "strace",
                "-f",
                "-y",
                "-qq",
                "-s",
                "5000",
                "-o",
                log.toString(),
                "-e",
                Trace.CALLS,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                AppliesCorpus.class.getName(),
                driver.getName(),
                folder.resolve("root").toString(),
                canary.toString());
        assertThat(output).contains("applied " + AppliesCorpus.cases().size());
        var trace = new Trace();
        try (var lines = Files.newBufferedReader(log, StandardCharsets.ISO_8859_1)) {
            lines.lines().forEach(trace::line);
        }
        assertThat(trace.isWhole()).as("the trace is whole").isTrue();
        assertThat(trace.count())
                .as("files touched")
                .isGreaterThan(10 * AppliesCorpus.cases().size());
        assertThat(trace.outside(folder.resolve("root").toString())).isEmpty();
        assertThat(TreeText.capture(Linux.syscalls(), canary)).isEqualTo(before);
        System.out.println("boundary " + driver.getSimpleName() + ": " + trace.count() + " files touched in "
                + trace.calls() + " calls, none outside");
        Files.delete(log);
        try (var store = driver.getDeclaredConstructor(storage.linux.Syscalls.class)
                .newInstance(Linux.syscalls())
                .open(storage.api.driver.DriverHome.at(folder.resolve("root")))) {
            store.remove(new storage.api.LayerId("warm"));
            store.cleanup();
        }
        new TreeMaker(Linux.syscalls(), folder).remove("root");
    }

    private static String run(String... command) throws Exception {
        var process =
                new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        try (var out = process.inputReader()) {
            var text = new StringBuilder();
            out.lines().forEach(line -> text.append(line).append('\n'));
            assertThat(process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).as(text.toString()).isZero();
            return text.toString();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
