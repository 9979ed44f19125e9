package storage.common.store;

import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.driver.Verdict;

/** What a verdict is as a failure, where a driver that cannot work is to be opened all the same. */
public final class Unfit {
    private Unfit() {}

    /** The kind that goes with a verdict's outcome. */
    public static Kind kind(Verdict verdict) {
        return switch (verdict.outcome()) {
            case NOT_SUPPORTED, SUPPORTED -> Kind.NOT_SUPPORTED;
            case PREREQUISITES -> Kind.PREREQUISITES;
            case INCOMPATIBLE_FILESYSTEM -> Kind.INCOMPATIBLE_FILESYSTEM;
            case FAILED -> Kind.IO;
        };
    }

    /** Throws what a verdict says, unless that is SUPPORTED. */
    public static void refuse(Verdict verdict) throws StorageException {
        if (!verdict.isSupported()) {
            throw StorageException.of(kind(verdict), verdict.reason(), verdict.advice())
                    .withErrno(verdict.errno().orElse(0));
        }
    }
}
