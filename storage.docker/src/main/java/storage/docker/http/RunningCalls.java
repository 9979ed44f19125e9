package storage.docker.http;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.eclipse.jetty.io.EndPoint;

/** The calls that are being answered, by their connections. */
final class RunningCalls {
    /** Guarded by this. */
    private final Set<EndPoint> busy = new HashSet<>();

    private boolean ending;

    /** A call begins. */
    synchronized void begin(EndPoint connection) {
        busy.add(connection);
    }

    /** A call has been answered. */
    synchronized void end(EndPoint connection) {
        busy.remove(connection);
        notifyAll();
    }

    /** Whether no further call is wanted on any connection. */
    synchronized boolean isEnding() {
        return ending;
    }

    /** Closes the connections that carry no call, and has the others closed after theirs. */
    void closeIdle(Collection<EndPoint> all) {
        Set<EndPoint> idle = new HashSet<>(all);
        synchronized (this) {
            ending = true;
            idle.removeAll(busy);
        }
        idle.forEach(EndPoint::close);
    }

    /** Waits until no call is left. */
    synchronized void drain(Duration bound) throws InterruptedException {
        var end = System.nanoTime() + bound.toNanos();
        for (var left = bound.toMillis(); !busy.isEmpty() && left > 0; left = (end - System.nanoTime()) / 1_000_000) {
            wait(left);
        }
    }
}
