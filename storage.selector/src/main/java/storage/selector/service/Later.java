package storage.selector.service;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Does something after a while, for what nobody will tell of: that another process gives a store up, or that a driver does
 * not come back. There is a thread only while something is to be done.
 */
final class Later implements AutoCloseable {
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final int IDLE_MILLIS = 100;

    private final ScheduledThreadPoolExecutor executor;
    private final Runnable attempt;
    /** Until the next attempt. The two are used by one change of the store at a time. */
    private Duration pause = FIRST;

    private Future<?> next;

    /** @param attempt asks for the next one itself, if there has to be one */
    Later(Runnable attempt) {
        this.attempt = attempt;
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            var thread = new Thread(null, task, "storage-later", 0, false);
            thread.setDaemon(true);
            return thread;
        });
        executor.setKeepAliveTime(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        executor.allowCoreThreadTimeOut(true);
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Plans something. What is planned when this is closed is never done. */
    Future<?> in(Duration time, Runnable action) {
        try {
            return executor.schedule(action, time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            var never = new FutureTask<>(() -> null);
            never.cancel(false);
            return never;
        }
    }

    /** Plans an attempt, unless one is planned already. The pause doubles each time up to a bound. */
    void again() {
        if (executor.getQueue().stream().anyMatch(task -> task == next)) {
            return;
        }
        next = in(pause, attempt);
        var twice = pause.multipliedBy(2);
        pause = twice.compareTo(LONGEST) < 0 ? twice : LONGEST;
    }

    /** An attempt at once, on another thread. */
    @SuppressWarnings("FutureReturnValueIgnored") // what goes wrong is the attempt's to tell
    void now() {
        in(Duration.ZERO, attempt);
    }

    /** It worked: the next failure begins with a short pause again. */
    void worked() {
        pause = FIRST;
    }

    /** Plans nothing any more. What runs goes on. */
    @Override
    public void close() {
        executor.shutdown();
    }
}
