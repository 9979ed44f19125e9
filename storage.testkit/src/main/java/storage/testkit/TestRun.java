package storage.testkit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
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

    /** Says of each test that it has ended and when, so that one can see where a process that never ended has come to. */
    private record Diary(PrintWriter out, long start) implements TestExecutionListener {
        Diary(PrintWriter out) {
            this(out, System.nanoTime());
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.isTest() || result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
                var seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
                out.println(seconds + " s: " + test.getUniqueId() + " " + result.getStatus());
            }
        }
    }

    /** What a process that ran {@link #main} has said. */
    static TestRun of(String output) {
        var line = output.lines().filter(each -> each.startsWith(MARK)).reduce("", (first, last) -> last);
        var numbers = line.split(" ", -1);
        return numbers.length == 3
                ? new TestRun(Long.parseLong(numbers[1]), Long.parseLong(numbers[2]), output)
                : new TestRun(0, 1, output);
    }

    /** Runs all tests of a class; or, of its nested classes, those whose full names follow. */
    public static void main(String[] arguments) {
        var tests = arguments[0];
        var parts = Stream.of(arguments).skip(1).map(part -> selectNestedClass(List.of(tests), part));
        var request = LauncherDiscoveryRequestBuilder.request()
                .selectors(arguments.length == 1 ? List.of(selectClass(tests)) : parts.toList())
                .build();
        var listener = new SummaryGeneratingListener();
        var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        LauncherFactory.create().execute(request, listener, new Diary(out));
        var summary = listener.getSummary();
        summary.printFailuresTo(out, 12);
        out.println(MARK + summary.getTestsSucceededCount() + " " + summary.getTotalFailureCount());
        out.flush();
    }
}
