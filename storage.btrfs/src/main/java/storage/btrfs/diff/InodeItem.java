package storage.btrfs.diff;

import java.nio.ByteBuffer;
import storage.btrfs.kernel.LittleEndian;

/** Fields of {@code struct btrfs_inode_item}, linux/btrfs_tree.h, in the buffer of an answer. */
final class InodeItem {
    static final int BYTES = 160;

    /** The transaction in which it was written last. */
    private static final int TRANSID = 8;

    private static final int SIZE = 16;

    /** Behind owners, mode, flags, sequence and what is reserved. */
    private static final int ACCESSED = 112;

    private static final int CHANGED = 124;

    private InodeItem() {}

    static long transid(ByteBuffer buffer, int at) {
        return LittleEndian.getLong(buffer, at + TRANSID);
    }

    /** When it was changed last, in nanoseconds since 1970: {@code struct btrfs_timespec}, seconds and nanoseconds. */
    static long changed(ByteBuffer buffer, int at) {
        return LittleEndian.getLong(buffer, at + CHANGED) * 1_000_000_000L
                + LittleEndian.getInt(buffer, at + CHANGED + Long.BYTES);
    }

    /** Everything but when it was written and read: what stays the same as long as nobody changes the inode. */
    static byte[] state(ByteBuffer buffer, int at) {
        var state = new byte[BYTES - TRANSID - (CHANGED - ACCESSED)];
        buffer.get(at, state, 0, TRANSID);
        buffer.get(at + SIZE, state, TRANSID, ACCESSED - SIZE);
        buffer.get(at + CHANGED, state, TRANSID + ACCESSED - SIZE, BYTES - CHANGED);
        return state;
    }
}
