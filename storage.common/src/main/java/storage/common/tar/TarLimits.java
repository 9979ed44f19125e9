package storage.common.tar;

/**
 * How much of one entry is held in memory before it is refused.
 *
 * @param maxPathBytes the length of a name or link target
 * @param maxXattrs the number of extended attributes
 * @param maxXattrBytes the sum of their lengths, names included
 */
public record TarLimits(int maxPathBytes, int maxXattrs, int maxXattrBytes) {
    /** The longest PAX header: attributes may be in base64, the rest is short but for a sparse map. */
    int maxHeaderBytes() {
        return (int) Math.min(Integer.MAX_VALUE / 2, (1L << 20) + 2L * maxXattrBytes + 8L * maxPathBytes);
    }
}
