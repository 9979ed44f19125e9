package storage.command.store;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import storage.command.run.Run;
import storage.command.text.Table;
import storage.selector.Happening;

/** What {@code drivers --history} shows: what has happened to configured stores, the newest last. */
final class StoreHistory {
    private StoreHistory() {}

    static void show(Run run) throws Exception {
        var happenings = run.stores().selector().happenings();
        if (run.json()) {
            run.json(happenings.stream().map(StoreHistory::json).toList());
        } else {
            print(run, happenings);
        }
    }

    private static void print(Run run, List<Happening> happenings) throws Exception {
        var out = run.out();
        if (happenings.isEmpty()) {
            out.line("Nothing has happened to a configured store of this process.");
            return;
        }
        var table = new Table("WHEN", "STORE", "WHAT", "DRIVER", "TEXT");
        for (var each : happenings) {
            table.row(
                    each.when().truncatedTo(ChronoUnit.SECONDS).toString(),
                    out.name(each.store()),
                    word(each.kind()),
                    each.driver().isEmpty() ? "-" : each.driver(),
                    out.name(each.text()));
        }
        var lines = new ArrayList<>(table.lines());
        out.line(lines.get(0));
        var indent = " ".repeat(lines.get(0).indexOf("TEXT"));
        for (var i = 0; i < happenings.size(); i++) {
            out.line(lines.get(i + 1));
            if (!happenings.get(i).advice().isEmpty()) {
                out.line(indent + out.name(happenings.get(i).advice()));
            }
        }
    }

    private static String word(Happening.Kind kind) {
        return kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }

    private static Map<String, Object> json(Happening happening) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("when", happening.when().toString());
        json.put("store", happening.store());
        json.put("what", happening.kind().name());
        json.put("root", happening.root().map(Object::toString));
        json.put("driver", happening.driver().isEmpty() ? null : happening.driver());
        json.put("text", happening.text());
        json.put("advice", happening.advice().isEmpty() ? null : happening.advice());
        return json;
    }
}
