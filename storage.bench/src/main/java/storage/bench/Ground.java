package storage.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import storage.common.tree.TreeRemoval;
import storage.linux.Linux;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/** A filesystem to measure on: memory, the disk of a folder, or btrfs in a file in memory. */
final class Ground implements AutoCloseable {
    private static final long BTRFS_BYTES = 6L << 30;

    private final Path top;
    private final List<Path> mounts;

    /** Where to work. */
    final Path folder;

    private Ground(Path top, Path folder, List<Path> mounts) {
        this.top = top;
        this.folder = folder;
        this.mounts = mounts;
    }

    /**
     * @param kind {@code tmpfs}, {@code btrfs}, or {@code disk} for the filesystem of the folder itself
     * @param below an existing folder, in which a new one is made
     */
    static Ground of(String kind, Path below) throws IOException {
        var top = Files.createTempDirectory(below, "storage-bench-");
        var memory = Files.createDirectory(top.resolve("memory"));
        switch (kind) {
            case "disk" -> {
                return new Ground(top, top, List.of());
            }
            case "tmpfs" -> {
                run("mount", "-t", "tmpfs", "storage-bench", memory.toString());
                return new Ground(top, memory, List.of(memory));
            }
            case "btrfs" -> {
                run("mount", "-t", "tmpfs", "storage-bench", memory.toString());
                var image = memory.resolve("image");
                try (var file = new RandomAccessFile(image.toFile(), "rw")) {
                    file.setLength(BTRFS_BYTES);
                }
                var folder = Files.createDirectory(top.resolve("btrfs"));
                run("mkfs.btrfs", "-q", image.toString());
                run("mount", "-o", "loop", image.toString(), folder.toString());
                return new Ground(top, folder, List.of(folder, memory));
            }
            default -> throw new IllegalArgumentException("No such ground: " + kind);
        }
    }

    /** Whether files here go to a disk. */
    boolean isDisk() {
        return mounts.isEmpty();
    }

    /** A new folder here. */
    Path fresh(String name) throws IOException {
        return Files.createTempDirectory(folder, name + "-");
    }

    /** Runs a program to its end; it has to end well. */
    static String run(String... command) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output);
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted", e);
        }
        return output;
    }

    /** Removes a tree, however it is owned. */
    static void remove(Path tree) throws IOException {
        TreeRemoval.remove(Linux.syscalls(), Syscalls.AT_FDCWD, PathBytes.of(tree));
    }

    @Override
    public void close() throws IOException {
        for (var mount : mounts) {
            run("umount", mount.toString());
        }
        remove(top);
    }
}
