package storage.testkit.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import storage.linux.Linux;
import storage.testkit.tree.TreeMaker;

/** A folder beside a data root that no archive may touch, with all the names that hostile archives aim at. */
final class Canary {
    private Canary() {}

    /** Makes one. */
    static Path in(Path folder) throws IOException {
        var canary = Files.createDirectories(folder.resolve("canary"));
        new TreeMaker(Linux.syscalls(), canary)
                .file("victim", "untouched")
                .directory("etc")
                .file("etc/passwd", "root")
                .directory("d")
                .file("d/x", "untouched")
                .directory("d/e")
                .file("d/e/f", "untouched");
        return canary;
    }
}
