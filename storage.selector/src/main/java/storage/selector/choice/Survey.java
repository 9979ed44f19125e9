package storage.selector.choice;

import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.Verdict;
import storage.selector.Selection.Candidate;
import storage.selector.state.ActiveDriver;
import storage.selector.state.KeptHomes;

/** The evidence as it is on this machine: asked for once, then remembered. Of one thread, for one selection. */
final class Survey implements Evidence {
    private final DriverHome home;
    /** By name, in the order of trial; of two services with one name the first. */
    private final Map<String, Offer> offers = new LinkedHashMap<>();

    private final Map<String, Verdict> verdicts = new HashMap<>();
    private final Map<String, Stock> stocks = new HashMap<>();
    private final Optional<ActiveDriver.Entry> active;
    private final Optional<StorageException> activeProblem;

    Survey(List<Offer> inOrder, DriverHome home) {
        this.home = home;
        for (var offer : inOrder) {
            offers.putIfAbsent(KnownDrivers.canonical(offer.name()), offer);
        }
        Optional<ActiveDriver.Entry> entry = Optional.empty();
        Optional<StorageException> problem = Optional.empty();
        try {
            entry = new ActiveDriver(home.root()).read();
        } catch (StorageException e) {
            problem = Optional.of(e);
        } catch (IOException e) {
            problem = Optional.of(Unreadable.because(home.root().resolve("storage/active"), e));
        }
        this.active = entry.map(found -> new ActiveDriver.Entry(name(found.driver()), found.generation()));
        this.activeProblem = problem;
    }

    /** The own name of a driver that may have been called by its home's. */
    String name(String given) {
        if (offers.containsKey(given)) {
            return given;
        }
        return offers.entrySet().stream()
                .filter(offer -> homeName(offer.getValue()).equals(given))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(KnownDrivers.canonical(given));
    }

    @Override
    public List<String> installed() {
        return List.copyOf(offers.keySet());
    }

    @Override
    public List<String> absent() {
        return KnownDrivers.all().keySet().stream()
                .filter(name -> !offers.containsKey(name))
                .toList();
    }

    @Override
    public Optional<ActiveDriver.Entry> active() {
        return active;
    }

    @Override
    public Stock stock(String driver) {
        return stocks.computeIfAbsent(driver, this::count);
    }

    @Override
    public Verdict verdict(String driver) {
        return verdicts.computeIfAbsent(driver, name -> judge(offers.get(name)));
    }

    Offer offer(String driver) {
        return offers.get(driver);
    }

    @Override
    public Optional<StorageException> activeProblem() {
        return activeProblem;
    }

    /** Those drivers that have been judged so far. Homes are not listed for this. */
    List<Candidate> candidates() {
        return offers.entrySet().stream()
                .filter(offer -> verdicts.containsKey(offer.getKey()))
                .map(offer -> new Candidate(
                        offer.getKey(),
                        offer.getValue().priority(),
                        verdicts.get(offer.getKey()),
                        stocks.containsKey(offer.getKey())
                                ? stocks.get(offer.getKey()).layers()
                                : -1))
                .toList();
    }

    private Stock count(String driver) {
        var offer = offers.get(driver);
        var folder = offer == null ? KnownDrivers.all().get(driver).home() : homeName(offer);
        var kept = KeptHomes.isKept(home.root(), folder);
        try {
            return Stock.of(
                    offer == null
                            ? KnownDrivers.layers(home.root(), driver)
                            : offer.driver().layers(home).size(),
                    kept);
        } catch (StorageException e) {
            return Stock.unknown(e, kept);
        } catch (RuntimeException | LinkageError e) {
            return Stock.unknown(
                    StorageException.of(
                                    StorageException.Kind.IO,
                                    "The driver '" + driver + "' could not list its layers: " + e,
                                    "This is a fault of the driver: report it to its makers")
                            .causedBy(e),
                    kept);
        }
    }

    /** A driver may be anybody's: what it throws is its verdict. */
    private Verdict judge(Offer offer) {
        try {
            var verdict = offer.driver().check(home);
            return verdict == null ? Verdict.failed("Its check answered nothing", 0, List.of()) : verdict;
        } catch (RuntimeException | LinkageError e) {
            return Verdict.failed("Its check ended with " + e, 0, List.of());
        }
    }

    private static String homeName(Offer offer) {
        try {
            return offer.driver().homeName();
        } catch (RuntimeException | LinkageError e) {
            return offer.name();
        }
    }
}
