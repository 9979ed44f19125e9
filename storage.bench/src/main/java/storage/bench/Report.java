package storage.bench;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Tables in Markdown, a line as soon as it is known. */
final class Report {
    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
    }

    void line(String text) {
        out.println(text);
        out.flush();
    }

    /** Begins a table. */
    void table(String title, String ground) {
        line("");
        line("### " + title + (ground.isEmpty() ? "" : ", " + ground));
        line("");
        line("| | ours | others | ours / others |");
        line("|---|---|---|---|");
    }

    void row(String name, Map<String, Race.Result> results) {
        var others = new LinkedHashMap<>(results);
        var ours = others.remove("ours");
        var times = new StringBuilder();
        var ratios = new StringBuilder();
        others.forEach((who, result) -> {
            times.append(times.isEmpty() ? "" : ", ").append(who).append(' ').append(time(result.median()));
            ratios.append(ratios.isEmpty() ? "" : ", ").append(String.format(Locale.ROOT, "%.2f", result.ratio()));
        });
        line("| " + name + " | " + time(ours.median()) + " | " + times + " | " + ratios + " |");
    }

    /** A time with three digits. */
    static String time(double nanos) {
        if (nanos < 1e3) {
            return String.format(Locale.ROOT, "%.3g ns", nanos);
        }
        if (nanos < 1e6) {
            return digits(nanos / 1e3) + " us";
        }
        return nanos < 1e9 ? digits(nanos / 1e6) + " ms" : digits(nanos / 1e9) + " s";
    }

    private static String digits(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }
}
