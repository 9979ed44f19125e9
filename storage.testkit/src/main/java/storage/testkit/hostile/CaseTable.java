package storage.testkit.hostile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Cases and their outcomes as the documentation has them: those that differ in what follows a blank share a row. */
public final class CaseTable {
    private final Map<String, Integer> rows = new LinkedHashMap<>();

    /** Adds a case. */
    public CaseTable add(String name, String outcome) {
        var blank = name.indexOf(' ');
        rows.merge("| " + (blank < 0 ? name : name.substring(0, blank)) + "%s | " + outcome + " |", 1, Integer::sum);
        return this;
    }

    /** The rows of a Markdown table. */
    public List<String> lines() {
        var lines = new ArrayList<String>();
        rows.forEach((row, count) -> lines.add(row.formatted(count == 1 ? "" : " (" + count + ")")));
        return lines;
    }

    /** The corpus. */
    public static CaseTable ofCorpus() {
        var table = new CaseTable();
        for (var each : Corpus.cases()) {
            table.add(
                    each.name(),
                    each.outcome() + each.error().map(kind -> ", " + kind).orElse(""));
        }
        return table;
    }
}
