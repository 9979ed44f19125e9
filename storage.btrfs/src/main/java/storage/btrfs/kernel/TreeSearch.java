package storage.btrfs.kernel;

import java.nio.ByteBuffer;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The items of a filesystem tree, as they lie on disk, by {@code BTRFS_IOC_TREE_SEARCH_V2}. What has not been synced is not
 * seen. Needs {@code CAP_SYS_ADMIN}.
 */
public final class TreeSearch {
    // linux/btrfs_tree.h: types of items
    public static final int INODE_ITEM = 1;
    public static final int INODE_REF = 12;
    public static final int INODE_EXTREF = 13;
    public static final int EXTENT_DATA = 108;
    public static final int ROOT_REF = 156;
    public static final int QGROUP_INFO = 242;
    public static final int QGROUP_LIMIT = 244;

    /** {@code BTRFS_ROOT_TREE_OBJECTID}: where the other trees are listed. */
    public static final long ROOT_TREE = 1;

    /** {@code BTRFS_QUOTA_TREE_OBJECTID} */
    public static final long QUOTA_TREE = 8;

    /** The tree of the subvolume that the descriptor lies in. */
    public static final long OWN_TREE = 0;

    /** _IOWR(0x94, 17, 112 bytes) */
    private static final long TREE_SEARCH_V2 = 0xc0709411L;

    // struct btrfs_ioctl_search_args_v2: the key, the size of the buffer, the buffer
    private static final int TREE = 0;
    private static final int MIN_OBJECT = 8;
    private static final int MAX_OBJECT = 16;
    private static final int MIN_OFFSET = 24;
    private static final int MAX_OFFSET = 32;
    private static final int MIN_TRANSID = 40;
    private static final int MAX_TRANSID = 48;
    private static final int MIN_TYPE = 56;
    private static final int MAX_TYPE = 60;
    private static final int COUNT = 64;
    private static final int BUFFER_SIZE = 104;
    private static final int BUFFER = 112;

    // struct btrfs_ioctl_search_header: transid, objectid, offset, type, length
    private static final int HEADER_OBJECT = 8;
    private static final int HEADER_OFFSET = 16;
    private static final int HEADER_TYPE = 24;
    private static final int HEADER_LENGTH = 28;
    private static final int HEADER = 32;

    private static final int SIZE = 256 << 10;

    /** {@code BTRFS_MAX_METADATA_BLOCKSIZE}: no item is larger than a block. */
    private static final int LARGEST = 64 << 10;

    /** Larger than any type, all bits of a byte. */
    private static final int LAST_TYPE = 0xff;

    private static final long LAST = -1;

    /** {@code BTRFS_LAST_FREE_OBJECTID}: beyond it, objects are no inodes. */
    private static final long LAST_INODE = -256;

    private final Syscalls linux;
    private final ByteBuffer arguments = Arguments.of(BUFFER + SIZE);

    /** Makes room for answers; used by one thread. */
    public TreeSearch(Syscalls linux) {
        this.linux = linux;
    }

    /** Is given items, in the order of their keys. */
    @FunctionalInterface
    public interface Sink {
        /**
         * One item.
         *
         * @param object the inode, or what else the tree is about
         * @param offset the third part of the key
         * @param buffer holds the item, in the byte order of the disk
         * @param at where it begins
         */
        void item(long object, int type, long offset, ByteBuffer buffer, int at, int length);
    }

    /** All items of inodes that lie in blocks written after a transaction; those that lie beside them too. */
    public void inodesSince(int fd, long transid, Sink sink) throws SyscallException {
        key(OWN_TREE, Subvolumes.ROOT_INODE, LAST_INODE, 0, LAST_TYPE, transid + 1);
        run(fd, sink);
    }

    /** The items of one object, of types from one to another. */
    public void of(int fd, long tree, long object, int firstType, int lastType, Sink sink) throws SyscallException {
        key(tree, object, object, firstType, lastType, 0);
        run(fd, sink);
    }

    private void key(long tree, long firstObject, long lastObject, int firstType, int lastType, long minTransid) {
        arguments.putLong(TREE, tree);
        arguments.putLong(MIN_OBJECT, firstObject);
        arguments.putLong(MAX_OBJECT, lastObject);
        arguments.putLong(MIN_OFFSET, 0);
        arguments.putLong(MAX_OFFSET, LAST);
        arguments.putLong(MIN_TRANSID, minTransid);
        arguments.putLong(MAX_TRANSID, LAST);
        arguments.putInt(MIN_TYPE, firstType);
        arguments.putInt(MAX_TYPE, lastType);
        arguments.putLong(BUFFER_SIZE, SIZE);
    }

    private void run(int fd, Sink sink) throws SyscallException {
        do {
            arguments.putInt(COUNT, -1);
            Errno.check(linux.ioctl(fd, TREE_SEARCH_V2, arguments), "ioctl BTRFS_IOC_TREE_SEARCH_V2", "");
        } while (pass(sink));
    }

    /** Passes an answer on and asks for the next; false if it was the last: one more item would have had room. */
    private boolean pass(Sink sink) {
        var count = arguments.getInt(COUNT);
        var at = BUFFER;
        var last = -1;
        for (var i = 0; i < count; i++) {
            last = at;
            var length = arguments.getInt(at + HEADER_LENGTH);
            sink.item(
                    arguments.getLong(at + HEADER_OBJECT),
                    arguments.getInt(at + HEADER_TYPE),
                    arguments.getLong(at + HEADER_OFFSET),
                    arguments,
                    at + HEADER,
                    length);
            at += HEADER + length;
        }
        return at > BUFFER + SIZE - HEADER - LARGEST
                && next(
                        arguments.getLong(last + HEADER_OBJECT),
                        arguments.getInt(last + HEADER_TYPE),
                        arguments.getLong(last + HEADER_OFFSET));
    }

    /** Sets the beginning behind a key; false if that is beyond the end. */
    private boolean next(long object, int type, long offset) {
        var nextOffset = offset + 1;
        var nextType = nextOffset == 0 ? type + 1 : type;
        arguments.putLong(MIN_OBJECT, nextType > LAST_TYPE ? object + 1 : object);
        arguments.putInt(MIN_TYPE, nextType > LAST_TYPE ? 0 : nextType);
        arguments.putLong(MIN_OFFSET, nextOffset);
        return Long.compareUnsigned(arguments.getLong(MIN_OBJECT), arguments.getLong(MAX_OBJECT)) <= 0;
    }
}
