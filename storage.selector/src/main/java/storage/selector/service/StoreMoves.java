package storage.selector.service;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import storage.api.LayerStore;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo.Access;
import storage.selector.StoreRequest;
import storage.selector.choice.Offer;
import storage.selector.service.Settings.Moving;
import storage.selector.swap.MovableStore;

/**
 * Takes a published store to another driver: to a better one that has appeared, as its configuration wants it, and to one that
 * somebody asks for.
 *
 * <p>Every method but {@link #moveTo} is called by one change of the store at a time.
 */
final class StoreMoves implements MovableStore {
    private final Stores stores;
    private final LiveStore live;
    private final StoreNews news;
    private final Consumer<Runnable> exclusively;
    private final BetterDriver better = new BetterDriver();

    /** What was told or tried in vain of better drivers, so that it is done once. */
    private String settled = "";

    StoreMoves(Stores stores, LiveStore live, StoreNews news, Consumer<Runnable> exclusively) {
        this.stores = stores;
        this.live = live;
        this.news = news;
        this.exclusively = exclusively;
    }

    /** What was told or tried before counts no more. */
    void forget() {
        settled = "";
    }

    /** Whether there is a better driver, and what is done then; the store is served. */
    void seekBetter(List<Offer> offers) {
        var request = request();
        if (request.driver().isPresent() || request.access() == Access.READ) {
            live.condition(StorageConstants.CONDITION_BETTER, false);
            return;
        }
        var found = better.of(offers, live.offer(), Contents.home(request));
        live.condition(StorageConstants.CONDITION_BETTER, found.isPresent());
        if (found.isPresent() && !settled.equals(found.get() + moving())) {
            settled = found.get() + moving();
            improve(found.get());
        } else if (found.isEmpty()) {
            forget();
        }
    }

    private Moving moving() {
        return live.settings().moving();
    }

    private void improve(String driver) {
        var used = live.offer().name();
        var empty = moving() != Moving.NEVER && Contents.isEmpty(live.offer(), request());
        Optional<StorageException> failure = Optional.empty();
        if (empty) {
            failure = moveEmpty(driver);
        } else if (moving() == Moving.MIGRATE) {
            failure = migrate(driver);
        } else {
            var text = Excuses.staysBecause(used, driver, moving() == Moving.NEVER);
            news.better(used, driver, text, "Move it by 'storage migrate --to " + driver + "'");
        }
        failure.ifPresent(why -> news.better(
                live.offer().name(),
                driver,
                "The driver '" + driver + "' has a higher priority, but the store could not be moved to it: "
                        + why.getMessage(),
                why.advice()));
        if (empty && failure.isEmpty()) {
            forget();
            live.condition(StorageConstants.CONDITION_BETTER, false);
        }
    }

    private Optional<StorageException> moveEmpty(String driver) {
        var request = request();
        var before = live.offer();
        return live.exchange(
                "The driver '" + driver + "' is better, and there is no layer yet",
                live.settings().swap(),
                () -> {
                    if (!Contents.isEmpty(before, request)) {
                        throw StorageException.of(Kind.IN_USE, "A layer was made meanwhile");
                    }
                    return stores.open(name(), Contents.with(request, driver));
                });
    }

    private Optional<StorageException> migrate(String driver) {
        var mover = stores.mover();
        if (mover.isEmpty()) {
            return Optional.of(StorageException.of(
                    Kind.NOT_SUPPORTED, "Nothing is there that migrates stores", "Move it by 'storage migrate'"));
        }
        try {
            mover.get().begin(this, driver, live.settings().swap());
            return Optional.empty();
        } catch (StorageException e) {
            return Optional.of(e);
        }
    }

    private String name() {
        return live.settings().name();
    }

    @Override
    public StoreRequest request() {
        return live.settings().request();
    }

    @Override
    public LayerStore store() {
        return live.store();
    }

    @Override
    public void requireMovable(String driver) throws StorageException {
        var refusal = refusal(driver);
        if (refusal.isPresent()) {
            throw refusal.get();
        }
    }

    @Override
    public void moveTo(String driver, Duration bound, Step step) throws StorageException {
        var outcome = new Object() {
            Optional<StorageException> failure = Optional.of(StorageException.of(
                    Kind.TIMEOUT, "The store '" + name() + "' is being opened or closed", "Try again later"));
        };
        exclusively.accept(() -> outcome.failure = move(driver, bound, step));
        if (outcome.failure.isPresent()) {
            throw outcome.failure.get();
        }
    }

    private Optional<StorageException> move(String driver, Duration bound, Step step) {
        var refusal = refusal(driver);
        if (refusal.isPresent()) {
            return refusal;
        }
        var request = request();
        return live.exchange("It is moved to the driver '" + driver + "'", bound, () -> {
            Contents.run(step, request);
            return stores.open(name(), Contents.with(request, driver));
        });
    }

    private Optional<StorageException> refusal(String driver) {
        if (!live.isServing()) {
            return Optional.of(StorageException.of(
                    Kind.CLOSED, "The store '" + name() + "' is not available at the moment", "Try again later"));
        }
        return request()
                .driver()
                .filter(named -> !named.equals(driver))
                .map(named -> StorageException.of(
                        Kind.INVALID,
                        "The configuration of the store '" + name() + "' names the driver '" + named + "'",
                        "Take 'driver' out of it, or set it to " + driver + " after the move"));
    }
}
