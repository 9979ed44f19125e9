package storage.selector.migrate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

/** Layers by their parents: those that do not stand on each other can be worked on side by side. */
final class Family {
    /** More side by side help no disk. */
    private static final int MOST = 4;

    /** How long workers get to end after one has failed, in seconds: they are interrupted. */
    private static final long PATIENCE = 60;

    /** What is done to one layer. */
    @FunctionalInterface
    interface Work {
        void on(Layer layer) throws IOException;
    }

    private final Map<Optional<LayerId>, List<Layer>> byParent = new HashMap<>();

    /** @param layers one whose parent is not among them stands on nothing here */
    Family(List<Layer> layers) {
        var ids = layers.stream().map(Layer::id).collect(Collectors.toSet());
        layers.forEach(
                layer -> byParent.computeIfAbsent(layer.parent().filter(ids::contains), parent -> new ArrayList<>())
                        .add(layer));
    }

    /** Parents before their children. */
    List<Layer> parentsFirst() {
        var ordered = new ArrayList<>(children(Optional.empty()));
        for (var i = 0; i < ordered.size(); i++) {
            ordered.addAll(children(Optional.of(ordered.get(i).id())));
        }
        return ordered;
    }

    private List<Layer> children(Optional<LayerId> parent) {
        return byParent.getOrDefault(parent, List.of());
    }

    /** Works on every layer after its parent. The first failure ends it, with the work that is going on. */
    void eachAfterItsParent(Work work) throws IOException {
        var threads = Math.min(MOST, Runtime.getRuntime().availableProcessors());
        var pool = Executors.newFixedThreadPool(threads, task -> {
            var thread = new Thread(task, "storage-migrate");
            thread.setDaemon(true);
            return thread;
        });
        try {
            var service = new ExecutorCompletionService<Layer>(pool);
            var running = submit(service, Optional.empty(), work);
            while (running > 0) {
                var done = service.take().get();
                running += submit(service, Optional.of(done.id()), work) - 1;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(Kind.INTERRUPTED, "The migration was interrupted")
                    .causedBy(e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
        } finally {
            end(pool);
        }
    }

    private int submit(CompletionService<Layer> service, Optional<LayerId> parent, Work work) {
        for (var layer : children(parent)) {
            service.submit(() -> {
                work.on(layer);
                return layer;
            });
        }
        return children(parent).size();
    }

    private static void end(ExecutorService pool) {
        pool.shutdownNow();
        var interrupted = Thread.interrupted();
        try {
            pool.awaitTermination(PATIENCE, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
