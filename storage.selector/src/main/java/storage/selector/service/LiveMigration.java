package storage.selector.service;

import java.io.IOException;
import java.time.Duration;
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

    Result run(Request request, Progress progress) throws IOException {
        var told = new ProgressNews(stores, store, progress);
        try (var removals = store.removals();
                var move = migration.begin(request, told)) {
            move.ahead(store.store());
            var result = new Result[1];
            store.moveTo(request.to(), PATIENCE, () -> result[0] = move.finish(removals.seen()));
            return result[0];
        }
    }
}
