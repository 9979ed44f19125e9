package storage.selector.service;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo.Access;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.linux.Syscalls;
import storage.selector.Happening;
import storage.selector.Opening;
import storage.selector.Selection;
import storage.selector.Selector;
import storage.selector.StoreRequest;
import storage.selector.choice.Choice;
import storage.selector.choice.Offer;
import storage.selector.gate.GatedStore;
import storage.selector.gate.Inner;
import storage.selector.news.History;
import storage.selector.news.NewsListener;
import storage.selector.state.ActiveDriver;
import storage.selector.state.BootId;
import storage.selector.state.Holders;
import storage.selector.state.KeptHomes;
import storage.selector.swap.Mover;

/**
 * The service: knows the drivers that are there, and every store that is open on one.
 *
 * <p>A store is entered in {@code open} before its driver is looked up in {@code offers} a second time, and a driver that
 * leaves is taken from {@code offers} before {@code open} is searched: so one of the two sees the other, and no store stays
 * open on a driver that is gone.
 */
@Component(
        service = {Selector.class, Stores.class},
        immediate = true)
public final class SelectorComponent implements Selector, Stores {
    /** How long closing waits for running calls if nobody says otherwise. */
    static final Duration DRAIN = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(SelectorComponent.class);
    private static final int REMEMBERED = 100;
    /** How often an opening starts over because another process recorded another driver meanwhile. */
    private static final int ATTEMPTS = 3;

    private final List<Offer> offers = new CopyOnWriteArrayList<>();
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();
    private final Map<GatedStore, Offer> open = new ConcurrentHashMap<>();
    private final History history = new History();
    /** Null for none. */
    private volatile Mover mover;
    /** Guarded by itself. */
    private final Deque<Opening> openings = new ArrayDeque<>();

    private final Syscalls linux;

    @Activate
    public SelectorComponent(@Reference Syscalls linux) {
        this.linux = linux;
    }

    @Reference(
            name = "drivers",
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY,
            updated = "updateDriver")
    void bindDriver(GraphDriver driver, Map<String, ?> properties) {
        offers.add(Offer.of(driver, properties));
        watchers.forEach(Watcher::driversChanged);
    }

    /** Priorities may change at any time; the store that is open stays. */
    void updateDriver(GraphDriver driver, Map<String, ?> properties) {
        var offer = Offer.of(driver, properties);
        offers.replaceAll(old -> old.equals(offer) ? offer : old);
        watchers.forEach(Watcher::driversChanged);
    }

    void unbindDriver(GraphDriver driver, Map<String, ?> properties) {
        var gone = Offer.of(driver, properties);
        offers.removeIf(gone::equals);
        // first the stores of migrations: a configured one that is being moved waits for its migration
        open.forEach((store, offer) -> {
            if (offer.equals(gone)) {
                close(store, gone(store));
            }
        });
        watchers.forEach(watcher -> watcher.driverLeaving(gone));
        watchers.forEach(watcher -> watcher.driverLeft(gone));
        watchers.forEach(Watcher::driversChanged);
    }

    @Reference(
            name = "listeners",
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindListener(NewsListener listener) {
        history.add(listener);
    }

    void unbindListener(NewsListener listener) {
        history.remove(listener);
    }

    @Reference(
            name = "mover",
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindMover(Mover better) {
        mover = better;
    }

    void unbindMover(Mover gone) {
        if (mover == gone) {
            mover = null;
        }
    }

    @Deactivate
    void deactivate() {
        open.keySet()
                .forEach(store -> close(
                        store,
                        StorageException.of(
                                Kind.CLOSED,
                                "The store at " + store.info().root() + " is closed: the selector was stopped",
                                "Start the bundle storage.selector and open the store again")));
    }

    static StorageException gone(LayerStore store) {
        var driver = store.info().driver();
        return StorageException.of(
                Kind.CLOSED,
                "The store at " + store.info().root() + " is closed: its driver '" + driver
                        + "' was taken away; mounts were left as they are",
                "Start the bundle of the driver and open the store again");
    }

    @Override
    public Selection select(StoreRequest request) {
        return Choice.make(offers, request, true).selection().and(unfinished(request.root()));
    }

    @Override
    public LayerStore open(StoreRequest request) throws StorageException {
        return watched(open("", request));
    }

    /** A store that is closed when its driver leaves. */
    private GatedStore watched(Opened opened) throws StorageException {
        var self = new GatedStore[1];
        var store = new GatedStore(opened.inner(), DRAIN, () -> open.remove(self[0]));
        self[0] = store;
        open.put(store, opened.offer());
        if (!offers.contains(opened.offer())) {
            var why = gone(store);
            store.close(why);
            throw why;
        }
        return store;
    }

    @Override
    public Choice choose(StoreRequest request) {
        return Choice.make(offers, request, false);
    }

    @Override
    public List<Offer> offers() {
        return offers.stream().sorted().toList();
    }

    @Override
    public History history() {
        return history;
    }

    @Override
    public Optional<Mover> mover() {
        return Optional.ofNullable(mover);
    }

    @Override
    public List<Happening> happenings() {
        return history.all();
    }

    @Override
    public Opened open(Offer offer, StoreRequest request) throws StorageException {
        if (request.access() == Access.WRITE) {
            settle(request.root());
            requireActive(offer.name(), request.root());
        }
        var home = new DriverHome(request.root(), request.options(), request.idMaps(), request.access());
        return guarded(open(offer, home), request, inner -> new Opened(inner(inner), offer));
    }

    @Override
    public Opened open(String name, StoreRequest request) throws StorageException {
        if (request.access() == Access.WRITE) {
            settle(request.root());
        }
        for (var attempt = 1; attempt <= ATTEMPTS; attempt++) {
            var choice = Choice.make(offers, request, false);
            Optional<Opened> opened;
            try {
                opened = tryToOpen(choice, request);
            } catch (StorageException e) {
                remember(name, request, choice, Optional.of(e));
                throw e;
            }
            if (opened.isPresent()) {
                remember(name, request, choice, Optional.empty());
                return opened.get();
            }
        }
        throw StorageException.of(
                Kind.LOCKED,
                "Other processes are choosing a driver for the root " + request.root(),
                "Wait for them to end");
    }

    /** A migration that was broken off in its last moment is brought to its end, so that nobody writes to the old home. */
    private void settle(Path root) throws StorageException {
        try {
            new DriverHomes(this).migration(linux, root).settle();
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw StorageException.of(Kind.IO, "The migration at " + root + " could not be ended: " + e)
                    .causedBy(e);
        }
    }

    /** A store that has been moved is not to be served as what it was. */
    private static void requireActive(String driver, Path root) throws StorageException {
        Optional<ActiveDriver.Entry> active;
        try {
            active = new ActiveDriver(root).read();
        } catch (IOException e) {
            return; // it decides nothing when it is damaged
        }
        if (active.isPresent() && !active.get().driver().equals(driver)) {
            throw StorageException.of(
                    Kind.CLOSED,
                    "The store at " + root + " is one of '" + active.get().driver() + "' now",
                    "It is opened as that");
        }
    }

    /** What there is to say of a migration that was broken off. */
    private List<String> unfinished(Path root) {
        try {
            return new DriverHomes(this)
                    .migration(linux, root).unfinished().stream()
                            .map(migration -> "A migration from '" + migration.from() + "' to '" + migration.to()
                                    + "' was broken off: go on with 'storage migrate --to " + migration.to()
                                    + "', or give it up with 'storage migrate --abandon'")
                            .toList();
        } catch (IOException e) {
            return List.of("Whether a migration was broken off cannot be told: " + e.getMessage());
        }
    }

    @Override
    public Offer driver(String name) throws StorageException {
        return Choice.named(List.copyOf(offers), name);
    }

    @Override
    public GatedStore openHome(Offer driver, DriverHome home) throws StorageException {
        var request = new StoreRequest(
                home.root(), Optional.of(driver.name()), home.options(), home.idMaps(), home.access(), false);
        return watched(guarded(open(driver, home), request, inner -> new Opened(inner(inner), driver)));
    }

    /** Empty if another process recorded another driver between the choice and its record. */
    private Optional<Opened> tryToOpen(Choice choice, StoreRequest request) throws StorageException {
        if (choice.failure().isPresent()) {
            throw choice.failure().get();
        }
        var offer = choice.offer().orElseThrow();
        var opened = guarded(open(offer, choice.home()), request, inner -> {
            var stands = request.access() == Access.READ
                    || new ActiveDriver(request.root())
                            .record(choice.selection().chosen().orElseThrow(), choice.decidedOn());
            if (stands && request.access() == Access.WRITE) {
                // whoever makes a home that was left behind the store again
                KeptHomes.unmark(inner.info());
            }
            return stands ? new Opened(inner(inner), offer) : null;
        });
        return Optional.ofNullable(opened);
    }

    @FunctionalInterface
    private interface Step {
        /** Null to close the store. */
        Opened after(LayerStore inner) throws IOException;
    }

    /** What has to be done once a store is open; it is closed if that fails. */
    private static Opened guarded(LayerStore inner, StoreRequest request, Step step) throws StorageException {
        try {
            var opened = step.after(inner);
            if (opened == null) {
                inner.close();
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            closeAfter(e, inner);
            throw e instanceof StorageException known
                    ? known
                    : StorageException.of(Kind.IO, "The store at " + request.root() + " could not be recorded: " + e)
                            .causedBy(e);
        }
    }

    /** A driver may be anybody's: what it should not throw is a failure like any other. */
    private static LayerStore open(Offer offer, DriverHome home) throws StorageException {
        try {
            return Objects.requireNonNull(offer.driver().open(home), "no store");
        } catch (RuntimeException | LinkageError e) {
            throw StorageException.of(
                            Kind.IO,
                            "The driver '" + offer.name() + "' could not open the root " + home.root() + ": " + e,
                            "This is a fault of the driver: report it to its makers")
                    .causedBy(e);
        }
    }

    private static Inner inner(LayerStore store) throws IOException {
        var info = store.info();
        var boot = BootId.current();
        var holders = info.access() == Access.WRITE
                ? Holders.forWriting(info.root(), info.state(), boot)
                : Holders.forReading(info.state(), boot);
        holders.problem().ifPresent(LOG::warn);
        return new Inner(store, holders);
    }

    private static void closeAfter(Exception failure, LayerStore store) {
        try {
            store.close();
        } catch (StorageException | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    static void close(GatedStore store, StorageException why) {
        try {
            store.close(why);
        } catch (StorageException e) {
            LOG.warn("The store {} did not close cleanly: {}", store, e.getMessage());
        }
    }

    private void remember(String name, StoreRequest request, Choice choice, Optional<StorageException> problem) {
        remember(new Opening(
                Instant.now(),
                name,
                Optional.of(request.root()),
                Optional.of(choice.selection()),
                problem.map(StorageException::getMessage),
                problem.map(StorageException::advice).orElse("")));
    }

    @Override
    public void remember(String name, Optional<Path> root, StorageException problem) {
        remember(new Opening(
                Instant.now(), name, root, Optional.empty(), Optional.of(problem.getMessage()), problem.advice()));
    }

    private void remember(Opening opening) {
        synchronized (openings) {
            openings.addLast(opening);
            if (openings.size() > REMEMBERED) {
                openings.removeFirst();
            }
        }
    }

    @Override
    public List<Opening> openings() {
        synchronized (openings) {
            return List.copyOf(openings);
        }
    }

    @Override
    public void watch(Watcher watcher) {
        watchers.add(watcher);
    }

    @Override
    public void unwatch(Watcher watcher) {
        watchers.remove(watcher);
    }
}
