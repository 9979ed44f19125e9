package storage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of 64 bytes, a hundred in a directory: what the peers' own benchmarks are made of. */
final class Files64 {
    private static final int SIZE = 64;
    private static final int IN_A_FOLDER = 100;

    private Files64() {}

    /**
     * @param seed other seeds give other content
     */
    static void write(Path root, int from, int count, int seed) throws IOException {
        var content = new byte[SIZE];
        for (var i = from; i < from + count; i++) {
            var folder = Files.createDirectories(root.resolve("d" + i / IN_A_FOLDER));
            for (var j = 0; j < SIZE; j++) {
                content[j] = (byte) ((i * 31 + j) * 7 + seed);
            }
            var file = folder.resolve("f" + i);
            Files.deleteIfExists(file);
            Files.write(file, content);
        }
    }
}
