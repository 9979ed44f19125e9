package storage.selector.service;

import java.io.IOException;
import java.time.Duration;
import storage.api.StorageException;
import storage.selector.Migrations.Progress;
import storage.selector.Migrations.Request;
import storage.selector.Migrations.Result;
import storage.selector.migrate.Migration;
import storage.selector.swap.MovableStore;

/** The migration of a published store: its images are copied while consumers work in it, the rest behind its gate. */
final class LiveMigration {
    /** How long consumers wait for that rest; after that the store is withdrawn until the end. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Stores stores;
    private final Migration migration;
    private final MovableStore store;

    LiveMigration(Stores stores, Migration migration, MovableStore store) {
        this.stores = stores;
        this.migration = migration;
        this.store = store;
    }

    /** If it fails, what was copied stays, for another call. */
    Result run(Request request, Progress progress) throws StorageException {
        return run(request, progress, false);
    }

    /** If it fails, what this call has copied goes, unless the thread was interrupted: nobody has asked for it. */
    Result runOrGiveUp(Request request, Progress progress) throws StorageException {
        return run(request, progress, true);
    }

    private Result run(Request request, Progress progress, boolean givesUp) throws StorageException {
        var result = new Result[1];
        Contents.run(
                () -> result[0] = move(request, new ProgressNews(stores, store, progress), givesUp), store.request());
        return result[0];
    }

    private Result move(Request request, Progress progress, boolean givesUp) throws IOException {
        store.requireMovable(request.to());
        var result = new Result[1];
        var move = migration.begin(request, progress);
        try (move) { // closed before what follows a failure
            move.ahead(store.store());
            store.moveTo(request.to(), PATIENCE, () -> result[0] = move.finish());
            return result[0];
        } catch (IOException | RuntimeException e) {
            if (givesUp && move.isFirst() && !Thread.currentThread().isInterrupted()) {
                giveUp(e);
            }
            throw e;
        }
    }

    private void giveUp(Exception failure) {
        try {
            migration.removeCopies();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }
}
