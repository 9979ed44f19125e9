package storage.common.diff;

import java.util.Collection;
import java.util.Optional;

/**
 * What is known of two trees before they are walked, where one began as a copy of the other that shares its inode numbers:
 * the walk looks only where there may be a difference. It concerns the filesystems of the two roots alone, and not what
 * else is found below.
 */
public interface Guide {
    /**
     * Whether what both trees have under an inode number is the same: attributes and content, and everything below a
     * directory.
     */
    boolean isSame(long inode);

    /**
     * The names in a directory behind which there may be a difference, in the order of their bytes; empty if its entries
     * may differ, so that it has to be read.
     *
     * @param directory an inode number that both trees have
     */
    Optional<Collection<byte[]>> names(long directory);
}
