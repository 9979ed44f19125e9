package storage.common.diff;

import java.util.Objects;
import java.util.Optional;
import storage.api.IdMaps;
import storage.common.archive.PrivilegeRecord;

/**
 * How trees are compared.
 *
 * @param ids how owners on the host map to those in archives
 * @param pristineBefore a change time in nanoseconds since 1970: files of the newer tree with an earlier one are as the
 *     older tree has them; empty if nothing is known
 * @param recorded what the newer tree's files lack for want of privilege
 * @param recordedOlder the same of the older tree
 * @param guide where to look; empty for everywhere
 */
public record DiffOptions(
        IdMaps ids,
        Optional<Long> pristineBefore,
        Optional<PrivilegeRecord> recorded,
        Optional<PrivilegeRecord> recordedOlder,
        Optional<Guide> guide) {
    /** No maps, nothing known. */
    public static final DiffOptions DEFAULT = new DiffOptions(IdMaps.IDENTITY, Optional.empty(), Optional.empty());

    public DiffOptions {
        Objects.requireNonNull(ids);
        Objects.requireNonNull(pristineBefore);
        Objects.requireNonNull(recorded);
        Objects.requireNonNull(recordedOlder);
        Objects.requireNonNull(guide);
    }

    /** Without a guide. */
    public DiffOptions(
            IdMaps ids,
            Optional<Long> pristineBefore,
            Optional<PrivilegeRecord> recorded,
            Optional<PrivilegeRecord> recordedOlder) {
        this(ids, pristineBefore, recorded, recordedOlder, Optional.empty());
    }

    /** Without a record of the older tree. */
    public DiffOptions(IdMaps ids, Optional<Long> pristineBefore, Optional<PrivilegeRecord> recorded) {
        this(ids, pristineBefore, recorded, Optional.empty(), Optional.empty());
    }
}
