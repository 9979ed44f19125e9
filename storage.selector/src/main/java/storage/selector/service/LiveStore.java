package storage.selector.service;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.selector.choice.Offer;
import storage.selector.gate.Exchange;
import storage.selector.gate.GatedStore;

/**
 * One store from the first time that it could be opened, under one service: what happens to it when drivers come and go.
 *
 * <p>It is CLOSED until it was opened once. SERVING, it has a driver's store open. When that driver goes, or when it is to
 * be opened in another way, it is SWAPPING: its service stays, calls wait. Back comes a store, and it is SERVING again;
 * or the time is up, and it is WITHDRAWN: without a service, mounts as they are, until a store can be opened. The same
 * object stands behind the gate all the time, so that holds taken before count after.
 *
 * <p>Every method is called by one change at a time.
 */
final class LiveStore {
    private enum State {
        CLOSED,
        SERVING,
        SWAPPING,
        WITHDRAWN,
        ENDED
    }

    /** How a store is opened. */
    @FunctionalInterface
    interface Way {
        Stores.Opened open() throws StorageException;
    }

    private final Stores stores;
    private final BundleContext context;
    private final Later later;
    private final Consumer<Runnable> exclusively;
    private final StateConditions conditions;
    private final StoreNews news;
    private final StoreMoves moves;
    private final SpaceWatch space;

    private volatile Settings settings;
    private State state = State.CLOSED;
    /** Null while CLOSED. */
    private volatile GatedStore store;
    /** Null unless SERVING or SWAPPING. */
    private Publication publication;
    /** What opened the store that is open, or was last. Null while CLOSED. */
    private Offer offer;
    /** Why it is not served yet, while SWAPPING. */
    private StorageException problem;
    /** Ends the SWAPPING. */
    private Future<?> deadline;

    private long begun;
    /** A driver of the same name that could not open the store. */
    private Offer unfit;

    LiveStore(Stores stores, BundleContext context, Settings settings, Later later, Consumer<Runnable> exclusively) {
        this.stores = stores;
        this.context = context;
        this.settings = settings;
        this.later = later;
        this.exclusively = exclusively;
        this.conditions = new StateConditions(context);
        this.news = new StoreNews(
                stores, settings.name(), Optional.of(settings.request().root()));
        this.moves = new StoreMoves(stores, this, news, exclusively);
        this.space = new SpaceWatch(settings.request().root(), this::spaceChanged);
    }

    Settings settings() {
        return settings;
    }

    /** Null before it was opened once. */
    GatedStore store() {
        return store;
    }

    /** What opened the store that is open, or was last. Null before it was opened once. */
    Offer offer() {
        return offer;
    }

    boolean isServing() {
        return state == State.SERVING;
    }

    /** The drivers are others now, or it is time to look again. */
    void attend() {
        switch (state) {
            case CLOSED, WITHDRAWN -> open();
            case SWAPPING -> serveAgain();
            case SERVING -> improve();
            case ENDED -> {}
        }
    }

    private void open() {
        if (state == State.WITHDRAWN && !letGo(Duration.ZERO)) {
            return;
        }
        try {
            var opened = stores.open(settings.name(), settings.request());
            offer = opened.offer();
            if (state == State.CLOSED) {
                store = new GatedStore(opened.inner(), settings.drain(), () -> {});
                new LeftHolds(store, news).restore();
                store.exchange().afterFilling(() -> space.look(settings.lowSpacePercent()));
            } else {
                store.exchange().serve(opened.inner());
            }
            publish();
        } catch (StorageException e) {
            news.problem(e);
            condition(StorageConstants.CONDITION_WITHDRAWN, true);
            if (e.kind() == Kind.LOCKED) {
                later.again();
            }
        }
    }

    private void publish() {
        state = State.SERVING;
        later.worked();
        condition(StorageConstants.CONDITION_WITHDRAWN, false);
        news.selected(offer.name());
        publication = new Publication(store, settings.name());
        try {
            publication.publish(context, moves);
        } catch (IllegalStateException e) {
            news.unexpected("it is not published, because the bundle is being stopped", e);
            return;
        }
        space.look(settings.lowSpacePercent());
        attend(); // it may be one that is to be moved
    }

    /** A driver is about to go: new calls wait from now on. */
    void driverLeaving(Offer gone) {
        if (state == State.SERVING && offer.equals(gone) && maySwap()) {
            problem = SelectorComponent.gone(store);
            begin("Its driver '" + gone.name() + "' is going away", settings.swap());
        }
    }

    /** A framework that shuts down may take the driver first. */
    private boolean maySwap() {
        return framework() == Bundle.ACTIVE && !settings.swap().isZero();
    }

    /** A driver goes: nothing calls it when this returns. */
    void driverLeft(Offer gone) {
        if (offer == null || !offer.equals(gone)) {
            return;
        }
        driverLeaving(gone);
        if (state == State.SWAPPING) {
            // others may have been waited for since the gate was closed, and the calls in this store ended meanwhile
            var waited = Duration.ofNanos(System.nanoTime() - begun);
            var left = settings.swapDrain().minus(waited);
            letGo(left.isNegative() ? Duration.ZERO : left);
        } else if (state == State.SERVING) {
            withdraw(
                    SelectorComponent.gone(store),
                    settings.drain(),
                    settings.unmountOnStop() && framework() == Bundle.STOPPING);
        }
    }

    private void begin(String why, Duration bound) {
        state = State.SWAPPING;
        var mine = System.nanoTime();
        begun = mine;
        exchange().hold(bound, tooLong(bound));
        deadline = later.in(
                bound,
                () -> exclusively.accept(() -> {
                    if (state == State.SWAPPING && begun == mine) {
                        tooLate();
                    }
                }));
        news.swapping(offer.name(), why);
        condition(StorageConstants.CONDITION_SWAPPING, true);
    }

    /**
     * Closes the backend's store once nobody is inside. If somebody stays, the last to leave has it looked at again.
     *
     * @return whether it is closed
     */
    private boolean letGo(Duration drain) {
        if (!exchange().isAttached()) {
            return true;
        }
        try {
            if (exchange().letGo(drain, Excuses.streamEnded(store.info(), drain))) {
                return true;
            }
        } catch (StorageException e) {
            news.unexpected("the calls in it are not waited for", e);
        }
        exchange().whenEmpty(later::now);
        return false;
    }

    private void serveAgain() {
        if (!letGo(Duration.ZERO)
                || stores.offers().stream().noneMatch(each -> each.name().equals(offer.name()))) {
            return;
        }
        try {
            served(stores.open(settings.name(), settings.request()));
        } catch (StorageException e) {
            problem = e;
            if (e.kind() == Kind.LOCKED) {
                later.again();
            }
        }
    }

    private void served(Stores.Opened opened) {
        var before = offer.name();
        offer = opened.offer();
        exchange().serve(opened.inner());
        if (!before.equals(offer.name())) {
            publication.update();
        }
        serving();
        news.swapped(before, offer.name(), TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
        space.look(settings.lowSpacePercent());
    }

    private void serving() {
        state = State.SERVING;
        problem = null; // it was made among a driver's classes, which are not to stay when that has gone
        deadline.cancel(false);
        later.worked();
        condition(StorageConstants.CONDITION_SWAPPING, false);
    }

    /** Whoever is inside still had the time to end, and was told to. */
    private void tooLate() {
        withdraw(Excuses.tooLate(store.info(), settings.swap(), problem), Duration.ZERO, false);
    }

    private void withdraw(StorageException why, Duration drain, boolean unmount) {
        if (deadline != null) {
            deadline.cancel(false);
        }
        publication.withdraw();
        if (unmount) {
            unmount();
        }
        state = State.WITHDRAWN;
        exchange().withdraw(why);
        letGo(drain);
        condition(StorageConstants.CONDITION_SWAPPING, false);
        condition(StorageConstants.CONDITION_BETTER, false);
        if (framework() == Bundle.ACTIVE) {
            condition(StorageConstants.CONDITION_WITHDRAWN, true);
            news.withdrawn(why);
        }
    }

    private void unmount() {
        try {
            store.cleanup();
        } catch (StorageException e) {
            news.notUnmounted(e);
        }
    }

    /** Exchanges what is served for the better: another version of the driver, another driver. */
    private void improve() {
        if (exchange().isInside()) {
            later.again(); // the call of this thread cannot end before this returns
            return;
        }
        var offers = stores.offers();
        var first =
                offers.stream().filter(each -> each.name().equals(offer.name())).findFirst();
        if (first.isEmpty()) {
            return; // it is going away: driverLeft comes next
        }
        if (first.get().equals(offer)) {
            offer = first.get(); // with its present priority
        } else if (!first.get().equals(unfit)) {
            handOver(first.get());
        }
        if (state == State.SERVING) {
            moves.seekBetter(offers);
        }
    }

    private void handOver(Offer next) {
        var failure = exchange(
                "Another version of its driver '" + next.name() + "' comes first",
                settings.swap(),
                () -> stores.open(settings.name(), settings.request()));
        if (failure.isPresent()) {
            unfit = next;
            news.unexpected("the other version of its driver cannot take it over", failure.get());
        }
    }

    /**
     * Closes what is served and opens it in another way, behind the gate. If that fails, the store is opened again as it
     * was; if that fails as well, it is SWAPPING still.
     *
     * @return why it failed
     */
    Optional<StorageException> exchange(String why, Duration bound, Way next) {
        var before = offer;
        problem = SelectorComponent.gone(store);
        begin(why, bound);
        if (!letGo(settings.swapDrain())) {
            exchange().resume();
            serving();
            return Optional.of(Excuses.callsStay(store.info()));
        }
        try {
            served(next.open());
            return Optional.empty();
        } catch (StorageException e) {
            back(before, e);
            return Optional.of(e);
        }
    }

    private void back(Offer before, StorageException failure) {
        if (!stores.offers().contains(before)) {
            return;
        }
        try {
            served(stores.open(before, settings.request()));
        } catch (StorageException e) {
            problem = e;
            failure.addSuppressed(e);
            later.again();
        }
    }

    /** The configuration of the same store has changed. */
    void modify(Settings next) {
        if (state != State.SERVING || settings.opensAs(next)) {
            settings = next;
            moves.forget();
            attend();
            return;
        }
        var failure = stores.choose(next.request()).failure();
        if (failure.isEmpty()) {
            failure = exchange(
                    "Its configuration was changed", next.swap(), () -> stores.open(next.name(), next.request()));
        }
        if (failure.isPresent()) {
            news.refused(offer.name(), failure.get());
            return;
        }
        settings = next;
        moves.forget();
        attend();
    }

    /** A changed configuration that cannot be used at all. */
    void refuse(StorageException why) {
        news.refused(offer == null ? "" : offer.name(), why);
    }

    /** The configuration goes, or the bundle. */
    void end(StorageException why) {
        if (deadline != null) {
            deadline.cancel(false);
        }
        if (publication != null) {
            publication.withdraw();
        }
        if (store != null) {
            if (state == State.SERVING && settings.unmountOnStop()) {
                unmount();
            }
            exchange().refuse(why);
            exchange().letGoOrLater(settings.drain(), why);
            new LeftHolds(store, news).leave();
        }
        state = State.ENDED;
        conditions.clear();
    }

    private void spaceChanged(OptionalLong low) {
        condition(StorageConstants.CONDITION_LOW_SPACE, low.isPresent());
        low.ifPresent(usable -> news.lowSpace(store.info().driver(), usable));
    }

    /** Says that something is so, or is so no more: a service each. */
    void condition(String id, boolean is) {
        conditions.set(id, is, store == null ? properties() : properties(store));
    }

    private Map<String, Object> properties() {
        return Publication.properties(
                settings.name(), "", settings.request().root().toString());
    }

    private Map<String, Object> properties(GatedStore open) {
        var info = open.info();
        return Publication.properties(
                settings.name(), info.driver(), info.root().toString());
    }

    private StorageException tooLong(Duration bound) {
        return Excuses.tooLong(store.info(), bound);
    }

    private Exchange exchange() {
        return store.exchange();
    }

    private int framework() {
        return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getState();
    }
}
