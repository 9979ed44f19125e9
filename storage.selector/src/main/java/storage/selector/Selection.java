package storage.selector;

import java.util.List;
import java.util.Optional;
import storage.api.driver.Verdict;

/**
 * The outcome of a selection with everything that led to it.
 *
 * @param chosen the driver's name, empty if none could be chosen
 * @param reason one sentence: why this one, or why none
 * @param advice what the user can do, empty if nothing needs doing
 * @param candidates every backend that was there, in the order of priority
 */
public record Selection(Optional<String> chosen, String reason, String advice, List<Candidate> candidates) {
    public Selection {
        candidates = List.copyOf(candidates);
    }

    /**
     * One backend.
     *
     * @param driver its name
     * @param priority its priority
     * @param verdict what its check answered
     * @param layers how many layers its home holds below this root
     */
    public record Candidate(String driver, int priority, Verdict verdict, int layers) {}
}
