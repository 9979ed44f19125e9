package storage.common.archive;

/**
 * How much an archive may ask for before it is refused with LIMIT_EXCEEDED. Users set it by {@link LimitOptions}.
 *
 * @param maxBytes the sum of the sizes of all files, holes included; also how much may follow the archive's end
 * @param maxEntries the number of entries, whiteouts included
 * @param maxDepth the number of components of a path
 * @param maxNameBytes the length of one component; filesystems allow 255
 * @param maxPathBytes the length of a path or link target; the kernel allows 4095
 * @param maxXattrs the number of extended attributes of one entry
 * @param maxXattrBytes the sum of the lengths of one entry's attributes, names included
 * @param maxRatio how many bytes may come out of one compressed byte, on average
 */
public record ArchiveLimits(
        long maxBytes,
        long maxEntries,
        int maxDepth,
        int maxNameBytes,
        int maxPathBytes,
        int maxXattrs,
        int maxXattrBytes,
        long maxRatio) {
    /** Deflate reaches 1032 and so is never beyond it; zstd reaches tens of thousands, with nothing but zeros. */
    private static final long RATIO = 2000;

    /** 1 TiB in 16 million entries; what the kernel allows otherwise. */
    public static final ArchiveLimits DEFAULT = new ArchiveLimits(1L << 40, 1L << 24, 2048, 255, 4095, 128, 256 * 1024);

    public ArchiveLimits {
        if (maxBytes < 0
                || maxEntries < 0
                || maxDepth < 1
                || maxNameBytes < 1
                || maxPathBytes < 1
                || maxXattrs < 0
                || maxXattrBytes < 0
                || maxRatio < 1) {
            throw new IllegalArgumentException("A limit below zero");
        }
    }

    /** With the usual limit of compression. */
    public ArchiveLimits(
            long maxBytes,
            long maxEntries,
            int maxDepth,
            int maxNameBytes,
            int maxPathBytes,
            int maxXattrs,
            int maxXattrBytes) {
        this(maxBytes, maxEntries, maxDepth, maxNameBytes, maxPathBytes, maxXattrs, maxXattrBytes, RATIO);
    }

    /** The same with another limit of bytes. */
    public ArchiveLimits withMaxBytes(long bytes) {
        return new ArchiveLimits(
                bytes, maxEntries, maxDepth, maxNameBytes, maxPathBytes, maxXattrs, maxXattrBytes, maxRatio);
    }

    /** The same with another limit of entries. */
    public ArchiveLimits withMaxEntries(long entries) {
        return new ArchiveLimits(
                maxBytes, entries, maxDepth, maxNameBytes, maxPathBytes, maxXattrs, maxXattrBytes, maxRatio);
    }

    /** The same with another limit of components. */
    public ArchiveLimits withMaxDepth(int depth) {
        return new ArchiveLimits(
                maxBytes, maxEntries, depth, maxNameBytes, maxPathBytes, maxXattrs, maxXattrBytes, maxRatio);
    }

    /** The same with another limit of names' lengths. */
    public ArchiveLimits withMaxNameBytes(int bytes) {
        return new ArchiveLimits(
                maxBytes, maxEntries, maxDepth, bytes, maxPathBytes, maxXattrs, maxXattrBytes, maxRatio);
    }

    /** The same with another limit of paths' lengths. */
    public ArchiveLimits withMaxPathBytes(int bytes) {
        return new ArchiveLimits(
                maxBytes, maxEntries, maxDepth, maxNameBytes, bytes, maxXattrs, maxXattrBytes, maxRatio);
    }

    /** The same with another number of attributes. */
    public ArchiveLimits withMaxXattrs(int xattrs) {
        return new ArchiveLimits(
                maxBytes, maxEntries, maxDepth, maxNameBytes, maxPathBytes, xattrs, maxXattrBytes, maxRatio);
    }

    /** The same with another limit of attributes' bytes. */
    public ArchiveLimits withMaxXattrBytes(int bytes) {
        return new ArchiveLimits(
                maxBytes, maxEntries, maxDepth, maxNameBytes, maxPathBytes, maxXattrs, bytes, maxRatio);
    }

    /** The same with another limit of compression. */
    public ArchiveLimits withMaxRatio(long ratio) {
        return new ArchiveLimits(
                maxBytes, maxEntries, maxDepth, maxNameBytes, maxPathBytes, maxXattrs, maxXattrBytes, ratio);
    }
}
