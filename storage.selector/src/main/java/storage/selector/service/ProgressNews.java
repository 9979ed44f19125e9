package storage.selector.service;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import storage.selector.Happening;
import storage.selector.Happening.Kind;
import storage.selector.Migrations.Progress;
import storage.selector.StoreRequest;
import storage.selector.swap.MovableStore;

/** Tells of the migration of a published store, each layer once, and passes it on to whoever watches. */
final class ProgressNews implements Progress {
    private final Stores stores;
    private final StoreRequest request;
    private final String driver;
    private final Progress next;

    ProgressNews(Stores stores, MovableStore store, Progress next) {
        this.stores = stores;
        this.request = store.request();
        this.driver = store.store().info().driver();
        this.next = next;
    }

    @Override
    public void at(String step, long bytes) {
        stores.history()
                .tell(
                        new Happening(
                                Instant.now(),
                                Kind.MIGRATION_PROGRESS,
                                "",
                                Optional.of(request.root()),
                                driver,
                                "The migration goes on: " + step,
                                ""),
                        Map.of());
        next.at(step, bytes);
    }
}
