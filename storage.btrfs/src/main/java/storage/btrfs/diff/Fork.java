package storage.btrfs.diff;

import storage.btrfs.kernel.SubvolumeInfo;

/**
 * Up to when two subvolumes are the same.
 *
 * @param transid the last transaction that both have in common
 * @param time when that was, in nanoseconds since 1970
 */
record Fork(long transid, long time) {
    /** Where a snapshot left what it is a snapshot of. */
    static Fork of(SubvolumeInfo snapshot) {
        return new Fork(snapshot.createdIn(), snapshot.createdAt());
    }
}
