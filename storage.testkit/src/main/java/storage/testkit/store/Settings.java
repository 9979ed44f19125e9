package storage.testkit.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import storage.testkit.Require;

/**
 * The settings that a backend is tested with: by default so many that each two options meet at least once, with the system
 * property {@value #MATRIX} set to {@code full} all of them, with {@code one} the plain ones on each filesystem.
 */
public final class Settings {
    /** System property: {@code pairs}, {@code full} or {@code one}. */
    public static final String MATRIX = "storage.test.matrix";

    private static final List<String> FILESYSTEMS = List.of("ext4", "tmpfs", "xfs");

    private Settings() {}

    /** Everything that every backend must stand. */
    public static List<Setting> usual() {
        return of(FILESYSTEMS, List.of());
    }

    /** The same, with kernels that matter to one backend. */
    public static List<Setting> with(Setting.Kernel... more) {
        return of(FILESYSTEMS, List.of(more));
    }

    /** The settings on some filesystems. An ordinary user can make none: for him it is a folder. */
    public static List<Setting> of(List<String> filesystems, List<Setting.Kernel> more) {
        var kernels = new ArrayList<>(List.of(Setting.Kernel.WHOLE, Setting.Kernel.WITHOUT_OPENAT2));
        kernels.addAll(more);
        var options = List.of(
                Require.isRoot() ? filesystems : List.of(""),
                kernels,
                Require.isRoot() ? List.of(Setting.Ids.values()) : List.of(Setting.Ids.SAME),
                List.of(Setting.PLAIN, Setting.ODD));
        var rows = switch (System.getProperty(MATRIX, "pairs")) {
            case "pairs" -> pairs(options);
            case "full" -> product(options);
            case "one" -> filesystems(options);
            default ->
                throw new IllegalArgumentException(
                        MATRIX + " is " + System.getProperty(MATRIX) + ", not pairs, full or one");
        };
        return rows.stream()
                .map(row ->
                        new Setting((String) row.get(0), (Setting.Kernel) row.get(1), (Setting.Ids) row.get(2), (String)
                                row.get(3)))
                .toList();
    }

    private static List<List<Object>> filesystems(List<? extends List<?>> options) {
        var usual = options.stream().<Object>map(values -> values.get(0)).toList();
        return options.get(0).stream()
                .map(filesystem -> {
                    var row = new ArrayList<>(usual);
                    row.set(0, filesystem);
                    return List.copyOf(row);
                })
                .toList();
    }

    static List<List<Object>> product(List<? extends List<?>> options) {
        List<List<Object>> rows = List.of(List.of());
        for (var values : options) {
            var longer = new ArrayList<List<Object>>();
            for (var row : rows) {
                for (var value : values) {
                    var next = new ArrayList<>(row);
                    next.add(value);
                    longer.add(next);
                }
            }
            rows = longer;
        }
        return rows;
    }

    /** Takes the row with the most pairs that none has had yet, until there is none; always the same ones. */
    public static List<List<Object>> pairs(List<? extends List<?>> options) {
        var all = product(options);
        Set<List<Object>> open = new LinkedHashSet<>();
        all.forEach(row -> open.addAll(pairsOf(row)));
        var rows = new ArrayList<List<Object>>();
        while (!open.isEmpty()) {
            var best = all.get(0);
            var most = 0;
            for (var row : all) {
                var news = (int) pairsOf(row).stream().filter(open::contains).count();
                if (news > most) {
                    most = news;
                    best = row;
                }
            }
            pairsOf(best).forEach(open::remove);
            rows.add(best);
        }
        return rows;
    }

    private static List<List<Object>> pairsOf(List<Object> row) {
        var pairs = new ArrayList<List<Object>>();
        for (var i = 0; i < row.size(); i++) {
            for (var j = i + 1; j < row.size(); j++) {
                pairs.add(Arrays.asList(i, row.get(i), j, row.get(j)));
            }
        }
        return pairs;
    }
}
