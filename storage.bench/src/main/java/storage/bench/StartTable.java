package storage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The command from its start to its end, against the start of a JVM that does nothing. */
final class StartTable {
    private static final Path SCRIPT = Path.of("../storage").toAbsolutePath().normalize();

    private StartTable() {}

    static void run(Bench bench) throws Exception {
        try (var ground = Ground.of("disk", bench.settings.folder())) {
            bench.report.table("Start of the command", "");
            var root = ground.fresh("root").toString();
            for (var command : new String[] {"drivers", "ls"}) {
                bench.race(Row.of(
                                "storage " + command,
                                rounds -> programs(rounds, SCRIPT.toString(), "--root", root, command))
                        .and("java -version", rounds -> programs(rounds, java(), "-Xshare:auto", "-version")));
            }
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static long programs(int rounds, String... command) throws IOException {
        if (!Files.isExecutable(Path.of(command[0]))) {
            throw new IOException("No program " + command[0]);
        }
        var start = System.nanoTime();
        for (var i = 0; i < rounds; i++) {
            Ground.run(command);
        }
        return System.nanoTime() - start;
    }
}
