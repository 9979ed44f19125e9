package storage.devmapper;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tries every half minute to delete the devices that were in use when their layers were removed. */
final class DeletionWorker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DeletionWorker.class);
    private static final int PERIOD_SECONDS = 30;
    private static final int LONGEST_END_SECONDS = 10;

    private final Stock stock;
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(work -> {
        var thread = new Thread(work, "storage-devmapper-deletion");
        thread.setDaemon(true);
        return thread;
    });

    DeletionWorker(Stock stock) {
        this.stock = stock;
    }

    void start() {
        var unused =
                executor.scheduleWithFixedDelay(stock::deleteLeft, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        executor.shutdownNow();
        try {
            if (!executor.awaitTermination(LONGEST_END_SECONDS, TimeUnit.SECONDS)) {
                log.warn("The kernel has not answered the deletion of a device yet");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
