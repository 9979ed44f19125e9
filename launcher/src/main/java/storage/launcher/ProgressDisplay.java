package storage.launcher;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import storage.command.entry.Terminal;

/** A bar for the step that is under way; it goes away with the step. */
final class ProgressDisplay implements Terminal.Bar {
    private static final int INTERVAL_MILLIS = 200;

    private final PrintStream out;
    private ProgressBar bar;
    private String step;

    ProgressDisplay(OutputStream out) {
        this.out = new PrintStream(out, true, StandardCharsets.UTF_8);
    }

    @Override
    public void at(String current, long done, long total) {
        if (!current.equals(step)) {
            close();
            step = current;
            bar = new ProgressBarBuilder()
                    .setTaskName(current)
                    .setInitialMax(total)
                    .setUnit(" MB", 1_000_000)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(INTERVAL_MILLIS)
                    .setConsumer(new ConsoleProgressBarConsumer(out, width()))
                    .clearDisplayOnFinish()
                    .build();
        }
        bar.maxHint(total);
        bar.stepTo(done);
    }

    private static int width() {
        var columns = System.getenv("COLUMNS");
        try {
            return columns == null ? 79 : Math.max(40, Integer.parseInt(columns) - 1);
        } catch (NumberFormatException e) {
            return 79;
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
            step = null;
        }
    }
}
