package storage.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** The engine's own benchmarks, over its drivers and over ours. */
final class PeerTable {
    private static final Map<String, String> ROWS = new LinkedHashMap<>();

    static {
        ROWS.put("exists", "Exists");
        ROWS.put("get", "Get of a parentless layer");
        ROWS.put("mount", "Get + Put of a child");
        ROWS.put("create", "Create + Remove of a child of an empty base");
        ROWS.put("create-10000", "Create + Remove of a child of a 10,000-file base");
        ROWS.put("diff-10-of-10", "Diff against parent, 10 changes on 10 files");
        ROWS.put("diff-10-of-10000", "Diff against parent, 10 changes on 10,000 files");
        ROWS.put("diff-10-added", "Diff against parent, 10,000 files below, 10 added");
        ROWS.put("apply-100", "Diff + ApplyDiff of 100 files");
        ROWS.put("apply-1000", "Diff + ApplyDiff of 1,000 files");
        ROWS.put("diff-top-of-20", "Diff of the top of 20 layers");
        ROWS.put("read-20", "Read through 20 layers");
    }

    private PeerTable() {}

    static void run(Bench bench) throws Exception {
        bench.everywhere("", (backend, ground) -> run(bench, backend, ground));
    }

    private static void run(Bench bench, String backend, Ground ground) throws Exception {
        try (var store = Stores.open(backend, ground.fresh("ours"))) {
            var layers = new Layers(store);
            var peer = bench.settings.peer().isEmpty()
                    ? null
                    : new Peer(bench.settings.peer().get(), backend, ground.fresh("peer"));
            try {
                for (var entry : ROWS.entrySet()) {
                    var row = Row.of(entry.getValue(), layers.row(entry.getKey()));
                    if (peer != null) {
                        row.and("engine", peer.row(entry.getKey()));
                    }
                    bench.race(row);
                }
            } finally {
                if (peer != null) {
                    peer.close();
                }
            }
        }
    }
}
