package storage.itest;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A btrfs in a file, mounted on a folder. */
final class BtrfsImage implements AutoCloseable {
    private static final long SIZE = 1L << 30;

    private final Path folder;
    private final Path file;
    private final String problem;

    private BtrfsImage(Path folder, Path file, String problem) {
        this.folder = folder;
        this.file = file;
        this.problem = problem;
    }

    /** @param folder does not exist yet; the file lies beside it */
    static BtrfsImage mount(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolveSibling(folder.getFileName() + ".img");
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(SIZE);
        }
        String problem = run("/usr/sbin/mkfs.btrfs", "-q", file.toString());
        if (problem.isEmpty()) {
            problem = run("mount", "-o", "loop", file.toString(), folder.toString());
        }
        return new BtrfsImage(folder, file, problem);
    }

    /** What the program said if it failed, else empty. */
    private static String run(String... command) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            return e.getMessage();
        }
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        return process.onExit().join().exitValue() == 0 ? "" : List.of(command) + ": " + said;
    }

    boolean isMounted() {
        return problem.isEmpty();
    }

    String problem() {
        return problem;
    }

    @Override
    public void close() throws IOException {
        if (isMounted()) {
            String failure = run("umount", folder.toString());
            if (!failure.isEmpty()) {
                throw new IOException(failure);
            }
        }
        Files.deleteIfExists(file);
    }
}
