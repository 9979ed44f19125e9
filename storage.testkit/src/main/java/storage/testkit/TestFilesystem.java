package storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import storage.linux.Filesystems;

/**
 * An empty folder on a filesystem of a certain kind, for one test class:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final TestFilesystem XFS = TestFilesystem.image("xfs");
 * }</pre>
 *
 * <p>Images are sparse files on a loop device, which go with the mount. Where the kind cannot be had, the tests are skipped
 * or fail as {@link Require} says: the features are {@code root}, and the kind's name.
 */
public final class TestFilesystem implements BeforeAllCallback, AfterAllCallback {
    /** Where test files go: the build's folder, or the system's for temporary files where there is none. */
    public static final String FOLDER = "storage.test.folder";

    private static final long IMAGE_BYTES = 1L << 30;

    /** Five seconds. */
    private static final int UNMOUNT_TRIES = 100;

    private static final int UNMOUNT_PAUSE_MS = 200;

    private final String type;
    private final List<String> makeOptions;
    private Path top;
    private boolean mounted;
    /** Nested test classes call back too: only the outermost counts. */
    private int depth;

    private TestFilesystem(String type, List<String> makeOptions) {
        this.type = type;
        this.makeOptions = makeOptions;
    }

    /** The filesystem of the build folder, whatever it is. */
    public static TestFilesystem folder() {
        return new TestFilesystem("", List.of());
    }

    /** A filesystem in memory. */
    public static TestFilesystem tmpfs() {
        return new TestFilesystem("tmpfs", List.of());
    }

    /** A filesystem in a file: ext4, xfs, btrfs. */
    public static TestFilesystem image(String type, String... makeOptions) {
        return new TestFilesystem(type, List.of(makeOptions));
    }

    /** One of the three kinds above, by name. */
    static TestFilesystem of(String type) {
        return new TestFilesystem(type, List.of());
    }

    /** The folder, while the tests run. */
    public Path path() {
        return top.resolve("fs");
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        if (depth++ == 0) {
            open();
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        if (--depth == 0) {
            close();
        }
    }

    void open() throws Exception {
        if (!type.isEmpty()) {
            Require.root();
            Require.feature(type, this::missing);
        }
        var parent = Path.of(System.getProperty(FOLDER, "target")).toAbsolutePath();
        if (!Files.isWritable(parent)) {
            parent = Path.of(System.getProperty("java.io.tmpdir"));
        }
        top = Files.createTempDirectory(parent, "storage-test-").toRealPath();
        Files.createDirectory(path());
        if (type.equals("tmpfs")) {
            run("mount", "-t", "tmpfs", "-o", "mode=0755", "storage-test", path().toString());
            mounted = true;
        } else if (!type.isEmpty()) {
            mountImage();
        }
    }

    /**
     * Keeps what the image's disk holds at this moment, without what is only in the kernel's memory. Nobody writes meanwhile.
     */
    public void keepDisk() throws Exception {
        run("cp", "--sparse=always", image().toString(), kept().toString());
    }

    /**
     * Mounts the disk as {@link #keepDisk} has kept it: the power was cut then. Whatever was open or mounted in the filesystem
     * is closed and unmounted.
     */
    public void cutPower() throws Exception {
        unmount();
        mounted = false;
        Files.move(kept(), image(), StandardCopyOption.REPLACE_EXISTING);
        mount();
    }

    private void mount() throws Exception {
        run("mount", "-o", "loop", image().toString(), path().toString());
        mounted = true;
    }

    private Path image() {
        return top.resolve("image");
    }

    private Path kept() {
        return top.resolve("kept");
    }

    private void mountImage() throws Exception {
        var image = image();
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(IMAGE_BYTES);
        }
        var make = new java.util.ArrayList<>(List.of("mkfs." + type, "-q"));
        make.addAll(makeOptions);
        make.add(image.toString());
        run(make.toArray(String[]::new));
        mount();
        Files.deleteIfExists(path().resolve("lost+found"));
    }

    private Optional<String> missing() {
        if (type.equals("tmpfs")) {
            return Optional.empty();
        }
        if (!Filesystems.has(type)) {
            return Optional.of("the kernel has no " + type);
        }
        Require.program("mkfs." + type);
        return Optional.empty();
    }

    void close() throws Exception {
        if (top == null) {
            return;
        }
        if (mounted) {
            unmount();
            mounted = false;
        }
        try (var left = Files.list(path())) {
            assertThat(left.filter(path -> !path.endsWith("lost+found"))).isEmpty();
        }
        Files.deleteIfExists(image());
        Files.deleteIfExists(kept());
        Files.deleteIfExists(path());
        Files.deleteIfExists(top);
    }

    /** What a process had open is let go of in the background after its end, and its mounts too. */
    private void unmount() throws Exception {
        for (var tries = 1; ; tries++) {
            try {
                run("umount", path().toString());
                return;
            } catch (IOException e) {
                if (tries == UNMOUNT_TRIES) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(UNMOUNT_PAUSE_MS);
            }
        }
    }

    /** Runs a program to its end; what it says is part of the failure. */
    static void run(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + ": " + output);
        }
    }
}
