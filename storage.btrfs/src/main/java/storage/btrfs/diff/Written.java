package storage.btrfs.diff;

import java.nio.ByteBuffer;
import java.util.Arrays;
import storage.btrfs.kernel.LittleEndian;
import storage.btrfs.kernel.TreeSearch;
import storage.common.tree.LongSet;

/** The inodes of one tree that were written after a transaction. There may be millions. */
final class Written implements TreeSearch.Sink {
    /** {@code generation} of {@code struct btrfs_file_extent_item}: the transaction that made it. */
    private static final int GENERATION = 0;

    private final long since;
    private final LongSet all = new LongSet();
    private final LongSet newContent = new LongSet();
    private long[] inodes = new long[64];
    private int count;

    Written(long since) {
        this.since = since;
    }

    @Override
    public void item(long object, int type, long offset, ByteBuffer buffer, int at, int length) {
        if (type == TreeSearch.INODE_ITEM && InodeItem.transid(buffer, at) > since) {
            if (all.add(object)) {
                if (count == inodes.length) {
                    inodes = Arrays.copyOf(inodes, count * 2);
                }
                inodes[count++] = object;
            }
        } else if (type == TreeSearch.EXTENT_DATA && LittleEndian.getLong(buffer, at + GENERATION) > since) {
            newContent.add(object);
        }
    }

    int count() {
        return count;
    }

    long inode(int index) {
        return inodes[index];
    }

    boolean contains(long inode) {
        return all.contains(inode);
    }

    /** Whether some of the file's content was written, too. */
    boolean hasNewContent(long inode) {
        return newContent.contains(inode);
    }
}
