package storage.itest;

import static org.junit.Assert.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * The names of the threads there were, with counts; numbers at the end are the pools' own business. The framework's resolver
 * keeps its threads for as long as it likes.
 */
final class RunningThreads {
    private static final String RESOLVER = "FelixResolver";

    private final Map<String, Long> before = now();

    private static Map<String, Long> now() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.getName().startsWith(RESOLVER))
                .collect(Collectors.groupingBy(
                        thread -> thread.getName().replaceAll("[-#]?\\d+$", ""), TreeMap::new, Collectors.counting()));
    }

    /** Waits until there are no more than before: threads may take a moment to end. */
    void awaitNoMore() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        List<String> more = List.of();
        while (System.nanoTime() < end) {
            more = now().entrySet().stream()
                    .filter(now -> now.getValue() > before.getOrDefault(now.getKey(), 0L))
                    .map(Object::toString)
                    .toList();
            if (more.isEmpty()) {
                return;
            }
            LockSupport.parkNanos(10_000_000);
        }
        assertEquals("threads that were not there before", List.of(), more);
    }
}
