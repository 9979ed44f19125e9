package storage.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Differences against the parent as trees grow, and as changes do: btrfs's are to go with the changes alone. */
final class GrowthTable {
    private static final List<Integer> FILES = List.of(1_000, 10_000, 100_000);
    private static final List<Integer> CHANGES = List.of(100, 1_000);

    private GrowthTable() {}

    static void run(Bench bench) throws Exception {
        try (var ground = Ground.of("btrfs", bench.settings.folder());
                var store = Stores.open("btrfs", ground.fresh("ours"));
                var peers = new Peers(bench, ground)) {
            bench.report.table("Growth, btrfs", "btrfs in a file on tmpfs");
            var layers = new Layers(store);
            for (var files : FILES) {
                row(bench, layers, peers, 10, files);
            }
            for (var changes : CHANGES) {
                row(bench, layers, peers, changes, 10_000);
            }
        }
    }

    private static void row(Bench bench, Layers layers, Peers peers, int changes, int files) throws Exception {
        var name = "diff-" + changes + "-of-" + files;
        var text = String.format(Locale.ROOT, "Diff against parent, %,d changes on %,d files", changes, files);
        bench.race(peers.join(Row.of(text, layers.row(name)), name));
    }

    /** The engine's driver, if there is one. */
    private static final class Peers implements AutoCloseable {
        private final Peer peer;

        Peers(Bench bench, Ground ground) throws IOException {
            var program = bench.settings.peer();
            peer = program.isEmpty() ? null : new Peer(program.get(), "btrfs", ground.fresh("peer"));
        }

        Row join(Row row, String name) {
            return peer == null ? row : row.and("engine", peer.row(name));
        }

        @Override
        public void close() throws IOException {
            if (peer != null) {
                peer.close();
            }
        }
    }
}
