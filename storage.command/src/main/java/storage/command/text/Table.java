package storage.command.text;

import java.util.ArrayList;
import java.util.List;

/** Rows in columns as wide as their widest cell, two spaces apart. */
public final class Table {
    private final String[] titles;
    private final List<String[]> rows = new ArrayList<>();

    /** @param titles of the columns; one that begins with {@code >} is aligned to the right */
    public Table(String... titles) {
        this.titles = titles.clone();
    }

    /** Adds a row, a cell for each column. */
    public void row(String... cells) {
        rows.add(cells.clone());
    }

    /** Whether no row was added. */
    public boolean isEmpty() {
        return rows.isEmpty();
    }

    /** The lines, the titles first. */
    public List<String> lines() {
        var widths = new int[titles.length];
        var right = new boolean[titles.length];
        var heads = new String[titles.length];
        for (var column = 0; column < titles.length; column++) {
            right[column] = titles[column].startsWith(">");
            heads[column] = right[column] ? titles[column].substring(1) : titles[column];
            widths[column] = width(heads[column]);
            for (var row : rows) {
                widths[column] = Math.max(widths[column], width(row[column]));
            }
        }
        List<String> lines = new ArrayList<>(rows.size() + 1);
        lines.add(line(heads, widths, right));
        for (var row : rows) {
            lines.add(line(row, widths, right));
        }
        return lines;
    }

    private static String line(String[] cells, int[] widths, boolean[] right) {
        var line = new StringBuilder();
        for (var column = 0; column < cells.length; column++) {
            var gap = " ".repeat(widths[column] - width(cells[column]));
            line.append(column == 0 ? "" : "  ");
            line.append(right[column] ? gap + cells[column] : cells[column] + gap);
        }
        return line.toString().stripTrailing();
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
