package storage.common.archive;

import java.util.Optional;

/**
 * What an ordinary user's process could not do to the files of one tree, by path without a leading slash (the root is
 * the empty path); it comes out again in diffs. Not for use by several threads at once.
 */
public interface PrivilegeRecord {
    /** Notes what a file lacks, instead of what was noted before. */
    void put(byte[] path, Attributes attributes);

    /** What a file lacks. */
    Optional<Attributes> get(byte[] path);

    /** Forgets a file, and everything below it if it is a directory. */
    void remove(byte[] path);

    /** Adds everything that is noted here to another record. */
    void copyTo(PrivilegeRecord other);
}
