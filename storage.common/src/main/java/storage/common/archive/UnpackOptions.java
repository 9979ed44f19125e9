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
 */
public record UnpackOptions(IdMaps ids, ArchiveLimits limits, Optional<PrivilegeRecord> unprivileged) {
    /** No maps, the default limits, with all privileges needed. */
    public static final UnpackOptions DEFAULT =
            new UnpackOptions(IdMaps.IDENTITY, ArchiveLimits.DEFAULT, Optional.empty());

    public UnpackOptions {
        Objects.requireNonNull(ids);
        Objects.requireNonNull(limits);
        Objects.requireNonNull(unprivileged);
    }
}
