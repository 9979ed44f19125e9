package storage.selector.service;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Tries something again after a while, because nobody will tell when it can work: another process holds the store. The
 * pause doubles each time up to a bound. There is a thread only while something is to be tried.
 */
final class Retry implements AutoCloseable {
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final ScheduledThreadPoolExecutor executor;
    private final Runnable attempt;
    /** Until the next attempt; used by one change of the store at a time. */
    private Duration pause = FIRST;

    /** @param attempt asks for the next one itself, if there has to be one */
    Retry(Runnable attempt) {
        this.attempt = attempt;
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            var thread = new Thread(null, task, "storage-retry", 0, false);
            thread.setDaemon(true);
            return thread;
        });
        executor.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
        executor.allowCoreThreadTimeOut(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Plans an attempt, unless one is planned already. */
    @SuppressWarnings("FutureReturnValueIgnored") // what goes wrong is the attempt's to tell
    void later() {
        if (!executor.getQueue().isEmpty()) {
            return;
        }
        try {
            executor.schedule(attempt, pause.toMillis(), TimeUnit.MILLISECONDS);
            var twice = pause.multipliedBy(2);
            pause = twice.compareTo(LONGEST) < 0 ? twice : LONGEST;
        } catch (RejectedExecutionException e) {
            // closed meanwhile: nothing is tried any more
        }
    }

    /** It worked: the next failure begins with a short pause again. */
    void worked() {
        pause = FIRST;
    }

    /** Plans nothing any more. An attempt that runs goes on. */
    @Override
    public void close() {
        executor.shutdown();
    }
}
