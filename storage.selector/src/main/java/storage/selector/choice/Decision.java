package storage.selector.choice;

import java.util.Optional;
import java.util.OptionalInt;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.driver.Verdict;
import storage.common.store.Unfit;

/**
 * What the reasoning comes to.
 *
 * @param driver the name of the chosen driver, empty for none
 * @param reason one sentence: why this one, or why none
 * @param advice what to do about it, may be empty
 * @param kind the kind of failure if none was chosen
 * @param errno the kernel's error number behind the failure, if there is one
 */
record Decision(Optional<String> driver, String reason, String advice, Kind kind, OptionalInt errno) {
    static Decision chosen(String driver, String reason) {
        return new Decision(Optional.of(driver), reason, "", Kind.INVALID, OptionalInt.empty());
    }

    static Decision none(Kind kind, String reason, String advice) {
        return new Decision(Optional.empty(), reason, advice, kind, OptionalInt.empty());
    }

    /** None, because the driver that it has to be cannot work here. */
    static Decision unfit(Verdict verdict, String reason, String advice) {
        return new Decision(Optional.empty(), reason, advice, Unfit.kind(verdict), verdict.errno());
    }

    StorageException exception() {
        var failure = StorageException.of(kind, reason, advice);
        return errno.isPresent() ? failure.withErrno(errno.getAsInt()) : failure;
    }
}
