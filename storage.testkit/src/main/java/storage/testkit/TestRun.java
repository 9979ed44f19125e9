package storage.testkit;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * What came of the tests of a class that were run in another process, and that process.
 *
 * @param tests how many were run to their end
 * @param failed how many were not
 * @param output what the process said: each failure, at the end the numbers
 */
public record TestRun(long tests, long failed, String output) {
    private static final String MARK = "RESULT ";

    /** What a process that ran {@link #main} has said. */
    static TestRun of(String output) {
        var line = output.lines().filter(each -> each.startsWith(MARK)).reduce("", (first, last) -> last);
        var numbers = line.split(" ", -1);
        return numbers.length == 3
                ? new TestRun(Long.parseLong(numbers[1]), Long.parseLong(numbers[2]), output)
                : new TestRun(0, 1, output);
    }

    /** Runs all tests of a class. */
    public static void main(String[] arguments) {
        var request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(arguments[0]))
                .build();
        var listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        var summary = listener.getSummary();
        var out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        summary.printFailuresTo(out, 12);
        out.println(MARK + summary.getTestsSucceededCount() + " " + summary.getTotalFailureCount());
        out.flush();
    }
}
