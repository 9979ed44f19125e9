package storage.common.archive;

/**
 * How much an archive may ask for before it is refused with LIMIT_EXCEEDED.
 *
 * @param maxBytes the sum of the sizes of all files
 * @param maxEntries the number of entries, whiteouts included
 * @param maxDepth the number of components of a path
 * @param maxNameBytes the length of one component; filesystems allow 255
 * @param maxPathBytes the length of a path or link target; the kernel allows 4095
 * @param maxXattrs the number of extended attributes of one entry
 * @param maxXattrBytes the sum of the lengths of one entry's attributes, names included
 */
public record ArchiveLimits(
        long maxBytes,
        long maxEntries,
        int maxDepth,
        int maxNameBytes,
        int maxPathBytes,
        int maxXattrs,
        int maxXattrBytes) {
    /** 1 TiB in 16 million entries; what the kernel allows otherwise. */
    public static final ArchiveLimits DEFAULT = new ArchiveLimits(1L << 40, 1L << 24, 2048, 255, 4095, 128, 256 * 1024);

    public ArchiveLimits {
        if (maxBytes < 0
                || maxEntries < 0
                || maxDepth < 1
                || maxNameBytes < 1
                || maxPathBytes < 1
                || maxXattrs < 0
                || maxXattrBytes < 0) {
            throw new IllegalArgumentException("A limit below zero");
        }
    }

    /** The same with another limit of bytes. */
    public ArchiveLimits withMaxBytes(long bytes) {
        return new ArchiveLimits(bytes, maxEntries, maxDepth, maxNameBytes, maxPathBytes, maxXattrs, maxXattrBytes);
    }

    /** The same with another limit of entries. */
    public ArchiveLimits withMaxEntries(long entries) {
        return new ArchiveLimits(maxBytes, entries, maxDepth, maxNameBytes, maxPathBytes, maxXattrs, maxXattrBytes);
    }
}
