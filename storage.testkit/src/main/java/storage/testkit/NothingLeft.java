package storage.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import storage.linux.MountTable;
import storage.linux.PathBytes;

/**
 * What tests may not leave behind, as far as it has to do with one folder: mounts below it or made of it, loop devices over
 * its files, open descriptors of this process; and processes that this one started. Other work on the machine does not
 * disturb it.
 */
public final class NothingLeft {
    /** Two seconds. */
    private static final int LOOP_TRIES = 100;

    private static final long LOOP_PAUSE_NANOS = 20_000_000;

    private NothingLeft() {}

    /** Fails if anything is left. */
    public static void assertBelow(Path folder) throws IOException {
        assertThat(mountsBelow(folder)).as("mounts left below " + folder).isEmpty();
        assertThat(loopDevicesAfterAWhile(folder))
                .as("loop devices left over files of " + folder)
                .isEmpty();
        assertThat(descriptorsBelow(folder))
                .as("descriptors left open below " + folder)
                .isEmpty();
    }

    /** Fails if a process that this one started still runs. */
    public static void assertNoProcesses() {
        assertThat(ProcessHandle.current()
                        .descendants()
                        .filter(ProcessHandle::isAlive)
                        .map(ProcessHandle::info))
                .as("processes left")
                .isEmpty();
    }

    /** Mounts on or below a folder, and mounts elsewhere whose options name it. */
    public static List<String> mountsBelow(Path folder) throws IOException {
        var top = PathBytes.text(folder);
        var left = new ArrayList<String>();
        for (var mount : MountTable.read().entries()) {
            var below = (mount.mountPoint() + "/").startsWith(top + "/");
            if (below || mount.superOptions().stream().anyMatch(option -> option.contains(top + "/"))) {
                left.add(mount.toString());
            }
        }
        return left;
    }

    /** Whoever lists loop devices has each open for a moment, and the kernel waits for the last to close it. */
    private static List<String> loopDevicesAfterAWhile(Path folder) throws IOException {
        for (var tries = 1; ; tries++) {
            var left = loopDevicesOver(folder);
            if (left.isEmpty() || tries == LOOP_TRIES) {
                return left;
            }
            LockSupport.parkNanos(LOOP_PAUSE_NANOS);
        }
    }

    private static List<String> loopDevicesOver(Path folder) throws IOException {
        var left = new ArrayList<String>();
        var blocks = Path.of("/sys/block");
        if (!Files.isDirectory(blocks)) {
            return left;
        }
        try (var devices = Files.newDirectoryStream(blocks, "loop*")) {
            for (var device : devices) {
                var file = backing(device);
                if (file.startsWith(PathBytes.text(folder) + "/")) {
                    left.add(device.getFileName() + " " + file);
                }
            }
        }
        return left;
    }

    /** The file behind a loop device; empty if there is none any more, because others detach theirs at any time. */
    private static String backing(Path device) throws IOException {
        var file = device.resolve("loop/backing_file");
        for (var tries = 1; ; tries++) {
            try {
                return Files.readString(file).trim();
            } catch (IOException e) {
                // ENOENT, or ENODEV between its opening and its reading; it may be attached again the moment after
                if (!Files.exists(file)) {
                    return "";
                }
                if (tries == LOOP_TRIES) {
                    throw e;
                }
            }
        }
    }

    /** What this process has open, by what it leads to; without what the JVM opens: classes, libraries, its limits. */
    public static List<String> descriptors() throws IOException {
        var open = new ArrayList<>(descriptorsBelow(Path.of("/")));
        open.removeIf(target -> target.endsWith(".jar")
                || target.endsWith(".so")
                || target.endsWith("/modules")
                || target.startsWith("/sys/fs/cgroup/"));
        open.sort(null);
        return open;
    }

    private static List<String> descriptorsBelow(Path folder) throws IOException {
        var left = new ArrayList<String>();
        try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (var descriptor : descriptors) {
                try {
                    var target = Files.readSymbolicLink(descriptor);
                    if (target.startsWith(folder)) {
                        left.add(target.toString());
                    }
                } catch (java.nio.file.NoSuchFileException e) {
                    // closed meanwhile, as the one of this listing
                }
            }
        }
        return left;
    }
}
