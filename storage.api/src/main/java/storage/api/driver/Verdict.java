package storage.api.driver;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * Whether a backend can work on a home, and why.
 *
 * @param outcome the answer
 * @param reason one sentence for the user: what was found
 * @param advice what the user can do about it, empty if nothing needs doing
 * @param evidence everything that was looked at, in order
 * @param errno the kernel's error number behind FAILED, if there is one
 */
public record Verdict(Outcome outcome, String reason, String advice, List<Evidence> evidence, OptionalInt errno) {
    public Verdict {
        Objects.requireNonNull(outcome);
        Objects.requireNonNull(reason);
        Objects.requireNonNull(advice);
        evidence = List.copyOf(evidence);
        Objects.requireNonNull(errno);
    }

    /** Whether a backend can work here. The selector goes on to the next backend after all but SUPPORTED and FAILED. */
    public enum Outcome {
        /** It can. */
        SUPPORTED,
        /** The kernel does not have what it needs. */
        NOT_SUPPORTED,
        /** Privilege, a program or a setting is missing. */
        PREREQUISITES,
        /** The filesystem below the home does not suit it. */
        INCOMPATIBLE_FILESYSTEM,
        /** The check itself failed: something is broken, and choosing another backend would only hide it. */
        FAILED
    }

    /**
     * One thing that was looked at.
     *
     * @param what for example {@code /proc/filesystems} or {@code filesystem of /var/lib/storage}
     * @param found for example {@code overlay} or {@code ext4 (0xef53)}
     */
    public record Evidence(String what, String found) {}

    /** It can work. */
    public static Verdict supported(String reason, List<Evidence> evidence) {
        return new Verdict(Outcome.SUPPORTED, reason, "", evidence, OptionalInt.empty());
    }

    /** It cannot work. */
    public static Verdict no(Outcome outcome, String reason, String advice, List<Evidence> evidence) {
        return new Verdict(outcome, reason, advice, evidence, OptionalInt.empty());
    }

    /** The check failed with an error of the kernel. */
    public static Verdict failed(String reason, int errno, List<Evidence> evidence) {
        return new Verdict(
                Outcome.FAILED, reason, "", evidence, errno == 0 ? OptionalInt.empty() : OptionalInt.of(errno));
    }

    /** Whether the backend can work. */
    public boolean isSupported() {
        return outcome == Outcome.SUPPORTED;
    }
}
