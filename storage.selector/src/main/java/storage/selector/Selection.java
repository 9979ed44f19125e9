package storage.selector;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import storage.api.driver.Verdict;

/**
 * The outcome of a selection with everything that led to it.
 *
 * @param chosen the driver's name, empty if none could be chosen
 * @param reason one sentence: why this one, or why none
 * @param advice what the user can do, empty if nothing needs doing
 * @param candidates every backend that was judged, in the order of priority
 * @param notes what was found besides and decided nothing, a sentence each, such as layers of a driver that is not
 *     installed
 */
public record Selection(
        Optional<String> chosen, String reason, String advice, List<Candidate> candidates, List<String> notes) {
    public Selection {
        candidates = List.copyOf(candidates);
        notes = List.copyOf(notes);
    }

    /** A selection with nothing to note. */
    public Selection(Optional<String> chosen, String reason, String advice, List<Candidate> candidates) {
        this(chosen, reason, advice, candidates, List.of());
    }

    /** The same with more to note. */
    public Selection and(List<String> more) {
        var all = new ArrayList<>(notes);
        all.addAll(more);
        return new Selection(chosen, reason, advice, candidates, all);
    }

    /**
     * One backend.
     *
     * @param driver its name
     * @param priority its priority
     * @param verdict what its check answered
     * @param layers how many layers its home holds below this root, -1 if that cannot be told or made no difference
     */
    public record Candidate(String driver, int priority, Verdict verdict, int layers) {}
}
