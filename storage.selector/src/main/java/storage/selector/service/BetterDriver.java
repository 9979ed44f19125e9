package storage.selector.service;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.driver.DriverHome;
import storage.selector.choice.Offer;

/**
 * Looks for a driver that would be better than a store's own: one of a higher priority that can work at the root. Checks
 * may mount and unmount, so they are made only when the drivers before the store's own are others than last time.
 */
final class BetterDriver {
    private static final Logger LOG = LoggerFactory.getLogger(BetterDriver.class);

    private List<String> asked = List.of();
    private Optional<String> answer = Optional.empty();

    /**
     * @param inOrder the drivers that are there
     * @param own the store's
     */
    Optional<String> of(List<Offer> inOrder, Offer own, DriverHome home) {
        var before = inOrder.stream()
                .takeWhile(offer -> !offer.equals(own))
                .filter(offer -> !offer.name().equals(own.name()))
                .toList();
        var question = before.stream()
                .map(offer -> offer.id() + " " + offer.name() + " before " + own.name())
                .toList();
        if (!question.equals(asked)) {
            asked = question;
            answer = first(before, home);
        }
        return answer;
    }

    /** What was answered counts no more. */
    void forget() {
        asked = List.of();
        answer = Optional.empty();
    }

    private static Optional<String> first(List<Offer> offers, DriverHome home) {
        var seen = new HashSet<String>();
        for (var offer : offers) {
            if (seen.add(offer.name()) && works(offer, home)) {
                return Optional.of(offer.name());
            }
        }
        return Optional.empty();
    }

    private static boolean works(Offer offer, DriverHome home) {
        try {
            return offer.driver().check(home).isSupported();
        } catch (RuntimeException | LinkageError e) {
            LOG.debug("The check of the driver '{}' ended with", offer.name(), e);
            return false;
        }
    }
}
