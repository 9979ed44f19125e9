package storage.selector.choice;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import storage.api.StorageException;
import storage.api.StoreInfo.Access;
import storage.api.driver.DriverHome;
import storage.selector.Selection;
import storage.selector.StoreRequest;
import storage.selector.state.ActiveDriver;

/**
 * A selection that was made.
 *
 * @param selection for the user
 * @param home what the driver is opened with
 * @param offer the chosen driver
 * @param decidedOn what {@code storage/active} held at the time
 * @param failure why none was chosen
 */
public record Choice(
        Selection selection,
        DriverHome home,
        Optional<Offer> offer,
        Optional<ActiveDriver.Entry> decidedOn,
        Optional<StorageException> failure) {

    /**
     * Goes through the reasoning. Changes nothing on disk.
     *
     * @param offers the installed drivers, in any order
     * @param judgeAll whether drivers that make no difference are judged as well, to be shown
     */
    public static Choice make(List<Offer> offers, StoreRequest request, boolean judgeAll) {
        var home = new DriverHome(request.root(), request.options(), request.idMaps(), request.access());
        var survey = new Survey(offers.stream().sorted().toList(), home);
        var wish = new Reasoning.Wish(
                request.driver().map(survey::name), request.newStore(), request.access() == Access.READ);
        var decision = new Reasoning(wish, survey).decide();
        if (judgeAll) {
            survey.installed().forEach(survey::verdict);
            survey.installed().forEach(survey::stock);
        }
        var selection = new Selection(
                decision.driver(),
                decision.reason(),
                decision.advice(),
                survey.candidates(),
                notes(survey, decision, request.driver().isPresent(), judgeAll));
        return new Choice(
                selection,
                home,
                decision.driver().map(survey::offer),
                survey.active(),
                decision.driver().isPresent() ? Optional.empty() : Optional.of(decision.exception()));
    }

    /**
     * The installed driver of a name, or of the name that engines use for it.
     *
     * @throws StorageException PREREQUISITES or INVALID if there is none
     */
    public static Offer named(List<Offer> offers, String name) throws StorageException {
        var own = KnownDrivers.canonical(name);
        var sorted = offers.stream().sorted().toList();
        return sorted.stream()
                .filter(offer -> offer.name().equals(name) || offer.name().equals(own))
                .findFirst()
                .orElseThrow(() -> Reasoning.notInstalled(
                                name, sorted.stream().map(Offer::name).toList())
                        .exception());
    }

    private static List<String> notes(Survey survey, Decision decision, boolean named, boolean all) {
        var notes = new ArrayList<String>();
        survey.activeProblem()
                .ifPresent(problem ->
                        notes.add("The record of the active driver decides nothing: " + problem.getMessage()));
        if (all) {
            for (var driver : survey.absent()) {
                var stock = survey.stock(driver);
                if (stock.layers() != 0) {
                    notes.add("The home of '" + driver + "' holds " + stock.text()
                            + ", but no driver of that name is installed");
                }
            }
            if (!named) {
                decision.driver().flatMap(chosen -> better(survey, chosen)).ifPresent(notes::add);
            }
            for (var driver : survey.installed()) {
                var stock = survey.stock(driver);
                if (stock.kept()) {
                    notes.add("The home of '" + driver + "' is what a migration left behind and counts as no store");
                } else if (stock.isStore()
                        && decision.driver()
                                .filter(name -> !name.equals(driver))
                                .isPresent()) {
                    notes.add("The home of '" + driver + "' holds " + stock.text() + " besides");
                }
            }
        }
        return notes;
    }

    /** What was there before has been chosen, though another would be tried first. */
    private static Optional<String> better(Survey survey, String chosen) {
        return survey.installed().stream()
                .takeWhile(driver -> !driver.equals(chosen))
                .filter(driver -> survey.verdict(driver).isSupported())
                .findFirst()
                .map(driver -> "The driver '" + driver + "' works here and has a higher priority than '" + chosen
                        + "', which is in use: a store without layers moves to it by itself, one with layers by"
                        + " 'storage migrate --to " + driver + "'");
    }
}
