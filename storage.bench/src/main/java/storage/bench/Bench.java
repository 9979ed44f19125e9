package storage.bench;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Measures; {@code storage.bench/run --help} tells how to call it. */
public final class Bench {
    private static final List<String> TABLES =
            List.of("peers", "growth", "tar", "mounts", "bare", "threads", "images", "start");

    final Settings settings;
    final Report report;
    private final Race race;

    private Bench(Settings settings, PrintStream out) {
        this.settings = settings;
        this.report = new Report(out);
        this.race = settings.race();
    }

    /**
     * What to measure.
     *
     * @param tables which tables
     * @param backends which backends
     * @param grounds which filesystems: tmpfs, disk
     * @param rows which rows, by name
     * @param peer the program of the peers, if there is one
     * @param folder where to work
     */
    record Settings(
            List<String> tables,
            List<String> backends,
            List<String> grounds,
            Pattern rows,
            Optional<Path> peer,
            Path folder,
            Race race) {
        static Settings of(String[] arguments) {
            var values = new java.util.HashMap<String, String>();
            for (var i = 0; i + 1 < arguments.length; i += 2) {
                values.put(arguments[i], arguments[i + 1]);
            }
            var peer = Path.of(values.getOrDefault("--peer", "target/peer"));
            var samples = Integer.parseInt(values.getOrDefault("--samples", "11"));
            var millis = Long.parseLong(values.getOrDefault("--millis", "20"));
            var warm = Long.parseLong(values.getOrDefault("--warm", "1500"));
            return new Settings(
                    list(values.getOrDefault("--tables", String.join(",", TABLES))),
                    list(values.getOrDefault("--backends", "overlay2,overlay,vfs,btrfs")),
                    list(values.getOrDefault("--grounds", "tmpfs,disk")),
                    Pattern.compile(values.getOrDefault("--rows", "")),
                    Optional.of(peer).filter(Files::isExecutable),
                    Path.of(values.getOrDefault("--folder", "target")).toAbsolutePath(),
                    new Race(samples, millis * 1_000_000, warm * 1_000_000));
        }

        private static List<String> list(String text) {
            return List.of(text.split(","));
        }
    }

    public static void main(String[] arguments) throws Exception {
        var bench = new Bench(Settings.of(arguments), new PrintStream(System.out, true, StandardCharsets.UTF_8));
        for (var table : bench.settings.tables()) {
            bench.table(table);
        }
    }

    private void table(String name) throws Exception {
        switch (name) {
            case "peers" -> PeerTable.run(this);
            case "tar" -> TarTable.run(this);
            case "mounts" -> MountTable.run(this);
            case "bare" -> {
                if (settings.backends().contains("overlay2")) {
                    BareTable.run(this);
                }
                if (settings.backends().contains("btrfs")) {
                    BareBtrfs.run(this);
                }
            }
            case "growth" -> GrowthTable.run(this);
            case "threads" -> ThreadTable.run(this);
            case "images" -> ImageTable.run(this);
            case "start" -> StartTable.run(this);
            default -> throw new IllegalArgumentException("No such table: " + name + "; there are " + TABLES);
        }
    }

    /** A table for one backend on one filesystem. */
    interface Table {
        void fill(String backend, Ground ground) throws Exception;
    }

    /** Fills a table for every backend on every filesystem that is wanted; btrfs brings its own. */
    void everywhere(String title, Table table) throws Exception {
        for (var kind : settings.grounds()) {
            for (var backend : settings.backends()) {
                var own = backend.equals("btrfs");
                if (own && kind.equals("disk")) {
                    continue;
                }
                try (var ground = Ground.of(own ? "btrfs" : kind, settings.folder())) {
                    report.table(title + backend, own ? "btrfs in a file on tmpfs" : kind);
                    table.fill(backend, ground);
                }
            }
        }
    }

    /** Races the sides of a row, if it is wanted, and reports it. */
    Map<String, Race.Result> race(Row row) throws Exception {
        if (!settings.rows().matcher(row.name()).find()) {
            return Map.of();
        }
        var results = race.run(row);
        report.row(row.name(), results);
        return results;
    }
}
