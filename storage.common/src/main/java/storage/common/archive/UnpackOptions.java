package storage.common.archive;

import java.util.Objects;
import java.util.Optional;
import storage.api.IdMaps;

/**
 * How an archive is unpacked.
 *
 * @param ids how the archive's owners map to the host's
 * @param limits what is refused
 * @param unprivileged where to note what the kernel does not allow; empty if all has to be allowed
 * @param threads how many threads to use at most, at least 1; what is unpacked is the same
 * @param worthwhile the work from which more than one is used, in bytes; making a file counts as much as writing a few
 *     thousand
 */
public record UnpackOptions(
        IdMaps ids, ArchiveLimits limits, Optional<PrivilegeRecord> unprivileged, int threads, long worthwhile) {
    /** More are no faster: one thread makes all the names. */
    private static final int MOST_THREADS = 4;

    /** No maps, the default limits, with all privileges needed. */
    public static final UnpackOptions DEFAULT =
            new UnpackOptions(IdMaps.IDENTITY, ArchiveLimits.DEFAULT, Optional.empty());

    public UnpackOptions {
        Objects.requireNonNull(ids);
        Objects.requireNonNull(limits);
        Objects.requireNonNull(unprivileged);
        if (threads < 1) {
            throw new IllegalArgumentException("There is always one thread");
        }
    }

    /** With as many threads as the machine has processors, up to four. */
    public UnpackOptions(IdMaps ids, ArchiveLimits limits, Optional<PrivilegeRecord> unprivileged) {
        this(
                ids,
                limits,
                unprivileged,
                Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()),
                FileFilling.WORTHWHILE);
    }

    /** The same with another number of threads. */
    public UnpackOptions withThreads(int number) {
        return new UnpackOptions(ids, limits, unprivileged, number, worthwhile);
    }

    /** The same with another amount of work from which threads are used, in bytes. */
    public UnpackOptions withWorthwhile(long bytes) {
        return new UnpackOptions(ids, limits, unprivileged, threads, bytes);
    }
}
