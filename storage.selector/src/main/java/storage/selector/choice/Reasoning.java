package storage.selector.choice;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import storage.api.StorageException.Kind;
import storage.selector.state.ActiveDriver;

/**
 * Which driver it is, as a function of what was found. In this order: the record in {@code storage/active}; a driver that
 * the user names; the one home that holds layers; the first in the order of priority that can work. A damaged record decides nothing: the layers tell what it said.
 *
 * <p>What was asked for or was there before is used or is an error: only the last step goes on to another driver, and
 * only where a check said that the driver cannot work here as things are. Everything else would make a user's images
 * vanish.
 */
final class Reasoning {
    /** Counts as prior state only when alone: engines leave a vfs home behind that nobody uses. */
    private static final String LAST_RESORT = "vfs";

    private final Wish wish;
    private final Evidence evidence;

    /**
     * What the user asks for.
     *
     * @param driver the driver that it has to be, by its own name
     * @param newStore whether a named driver may begin although layers lie elsewhere
     * @param readOnly whether nothing is to be written, so that looking into any home does no harm
     */
    record Wish(Optional<String> driver, boolean newStore, boolean readOnly) {}

    Reasoning(Wish wish, Evidence evidence) {
        this.wish = wish;
        this.evidence = evidence;
    }

    Decision decide() {
        var unreadable = evidence.activeProblem().filter(problem -> problem.kind() != Kind.DAMAGED);
        if (unreadable.isPresent()) {
            return Decision.none(
                    unreadable.get().kind(),
                    unreadable.get().getMessage(),
                    unreadable.get().advice());
        }
        var active = evidence.active();
        if (active.isPresent()
                && wish.driver().map(active.get().driver()::equals).orElse(true)) {
            return recorded(active.get());
        }
        return wish.driver().isPresent() ? named(wish.driver().get(), active) : byLayers();
    }

    private Decision recorded(ActiveDriver.Entry active) {
        var driver = active.driver();
        if (!isInstalled(driver)) {
            return Decision.none(
                    Kind.PREREQUISITES,
                    "The store here is one of the driver '" + driver + "' (recorded in storage/active), which is not"
                            + " installed",
                    KnownDrivers.install(driver));
        }
        return use(
                driver,
                "it is recorded in storage/active, generation " + active.generation(),
                "recorded in storage/active");
    }

    private Decision named(String driver, Optional<ActiveDriver.Entry> active) {
        if (!isInstalled(driver)) {
            return notInstalled(driver, evidence.installed());
        }
        var elsewhere = stores().filter(name -> !name.equals(driver)).toList();
        var stock = evidence.stock(driver);
        var lookingOnly = wish.readOnly() && stock.layers() > 0;
        var oneOfSeveral = active.isEmpty() && stock.isStore();
        if (!elsewhere.isEmpty() && !wish.newStore() && !lookingOnly && !oneOfSeveral) {
            var there = active.map(ActiveDriver.Entry::driver)
                    .filter(elsewhere::contains)
                    .orElse(elsewhere.get(0));
            return stock.isStore()
                    ? Decision.none(
                            Kind.INVALID,
                            "The driver '" + driver + "' was named and its home holds " + stock.text()
                                    + ", but the store in use below this root is another's: " + listed(elsewhere),
                            "Open that with --driver " + there + ", or add --new-store to make '" + driver
                                    + "' the driver in use again")
                    : Decision.none(
                            Kind.INVALID,
                            "The driver '" + driver + "' was named, but the layers below this root are another's: "
                                    + listed(elsewhere),
                            "Move the store with 'storage migrate --to " + driver + "', open it with --driver " + there
                                    + ", or begin an empty store beside it with --new-store");
        }
        return use(driver, "it was named", "which was named");
    }

    static Decision notInstalled(String driver, List<String> drivers) {
        var known = KnownDrivers.all().containsKey(driver);
        var installed = String.join(", ", drivers);
        return Decision.none(
                known ? Kind.PREREQUISITES : Kind.INVALID,
                "The driver '" + driver + "' was named, but "
                        + (installed.isEmpty() ? "no driver is installed" : "installed are only " + installed),
                known ? KnownDrivers.install(driver) : "Name one that is installed, or none to let the runtime choose");
    }

    private Decision byLayers() {
        var stores = stores().toList();
        if (stores.size() > 1) {
            stores = stores.stream().filter(name -> !name.equals(LAST_RESORT)).toList();
        }
        if (stores.isEmpty()) {
            return byPriority();
        }
        for (var driver : stores) {
            var problem = evidence.stock(driver).problem();
            if (problem.isPresent()) {
                return Decision.none(
                        problem.get().kind(),
                        "Whether the home of the driver '" + driver + "' holds layers cannot be told: "
                                + inner(problem.get().getMessage()),
                        orElse(problem.get().advice(), "Put that right, or name the driver that is meant"));
            }
        }
        if (stores.size() > 1) {
            return Decision.none(
                    Kind.INVALID,
                    "There are stores of several drivers below this root and no record of which one is meant: "
                            + listed(stores),
                    "Name the one that is meant with --driver: the choice is recorded");
        }
        var driver = stores.get(0);
        var stock = evidence.stock(driver).text();
        if (!isInstalled(driver)) {
            return Decision.none(
                    Kind.PREREQUISITES,
                    "The home of the driver '" + driver + "' holds " + stock + ", but the driver is not installed",
                    KnownDrivers.install(driver) + ", or insist on a store beside it with --driver NAME --new-store");
        }
        return use(driver, "its home holds " + stock, "whose home holds " + stock);
    }

    private Decision byPriority() {
        if (evidence.installed().isEmpty()) {
            return Decision.none(
                    Kind.PREREQUISITES,
                    "No storage driver is installed",
                    "Install and start at least one bundle that brings a driver, such as storage.vfs");
        }
        var passed = new ArrayList<String>();
        var advice = new ArrayList<String>();
        var kind = Kind.NOT_SUPPORTED;
        for (var driver : evidence.installed()) {
            var verdict = evidence.verdict(driver);
            switch (verdict.outcome()) {
                case SUPPORTED -> {
                    return Decision.chosen(driver, "Chosen is " + driver + ": " + first(passed));
                }
                case FAILED -> {
                    return Decision.unfit(
                            verdict,
                            "The check of the driver '" + driver + "' failed: " + inner(verdict.reason()),
                            orElse(verdict.advice(), "Put that right, or name another driver with --driver"));
                }
                case PREREQUISITES -> kind = Kind.PREREQUISITES;
                case NOT_SUPPORTED, INCOMPATIBLE_FILESYSTEM -> {}
            }
            passed.add(driver + " (" + inner(verdict.reason()) + ")");
            if (!verdict.advice().isEmpty()) {
                advice.add(driver + ": " + inner(verdict.advice()));
            }
        }
        return Decision.none(
                kind,
                "No installed driver can work here: " + String.join("; ", passed),
                advice.isEmpty() ? "Choose a root on another filesystem" : String.join("; ", advice));
    }

    private static String first(List<String> passed) {
        return passed.isEmpty()
                ? "it has the highest priority"
                : "it has the highest priority of those that can work here; passed over: " + String.join("; ", passed);
    }

    /** This driver and no other: it works, or nothing does. */
    private Decision use(String driver, String because, String which) {
        var verdict = evidence.verdict(driver);
        if (verdict.isSupported()) {
            return Decision.chosen(driver, "Chosen is " + driver + ": " + because);
        }
        var left = evidence.stock(driver).isStore()
                ? "Put that right: its layers are out of reach until then"
                : "Put that right, or name another driver: this one's home holds no layer";
        return Decision.unfit(
                verdict,
                "The driver '" + driver + "', " + which + ", cannot work here: " + inner(verdict.reason()),
                orElse(verdict.advice(), left));
    }

    /** The drivers whose homes hold a store, installed ones first. */
    private Stream<String> stores() {
        return Stream.concat(evidence.installed().stream(), evidence.absent().stream())
                .filter(name -> evidence.stock(name).isStore());
    }

    private boolean isInstalled(String driver) {
        return evidence.installed().contains(driver);
    }

    private String listed(List<String> drivers) {
        return drivers.stream()
                .map(name -> name + " (" + evidence.stock(name).text() + (isInstalled(name) ? ")" : ", not installed)"))
                .collect(Collectors.joining(", "));
    }

    private static String orElse(String text, String other) {
        return text.isEmpty() ? other : inner(text);
    }

    /** Without its final stop, to stand inside another sentence. */
    private static String inner(String text) {
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }
}
