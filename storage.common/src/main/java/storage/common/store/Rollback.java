package storage.common.store;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What has to be undone if a multi-step operation fails: a stack, run from the top unless the operation was
 * {@linkplain #keep() kept}.
 *
 * <pre>{@code
 * try (var undo = new Rollback()) {
 *     makeFolder();
 *     undo.add(this::removeFolder);
 *     mountIt();
 *     undo.keep();
 * }
 * }</pre>
 *
 * <p>A step that fails does not stop the ones below it; the failures are thrown together, or, inside a
 * try-with-resources whose body failed, suppressed below that failure.
 */
public final class Rollback implements AutoCloseable {
    /** One step back. */
    @FunctionalInterface
    public interface Step {
        void run() throws IOException;
    }

    private final Deque<Step> steps = new ArrayDeque<>();

    /** Adds what undoes the step that has just been made. */
    public void add(Step step) {
        steps.push(step);
    }

    /** The operation worked: nothing is undone any more. */
    public void keep() {
        steps.clear();
    }

    /** Undoes what was not kept. */
    @Override
    public void close() throws IOException {
        IOException failure = null;
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (IOException | RuntimeException e) {
                if (failure == null) {
                    failure = e instanceof IOException io ? io : new IOException("Could not undo a step", e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
