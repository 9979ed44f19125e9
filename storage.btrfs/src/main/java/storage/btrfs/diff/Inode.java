package storage.btrfs.diff;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import storage.btrfs.kernel.LittleEndian;
import storage.btrfs.kernel.TreeSearch;
import storage.linux.SyscallException;

/** What a tree holds of one inode. */
final class Inode {
    /** A name in a directory. */
    static final class Name {
        private final long directory;
        private final byte[] bytes;

        Name(long directory, byte[] bytes) {
            this.directory = directory;
            this.bytes = bytes;
        }

        long directory() {
            return directory;
        }

        /** Not to be changed. */
        byte[] bytes() {
            return bytes;
        }
    }

    /** See {@link InodeItem#state}; null if the tree has no such inode. */
    private final byte[] state;

    private final long changed;
    private final List<Name> names;

    private Inode(byte[] state, long changed, List<Name> names) {
        this.state = state;
        this.changed = changed;
        this.names = names;
    }

    boolean isThere() {
        return state != null;
    }

    /** Whether another tree has the same, as far as the inode itself tells. */
    boolean isLike(Inode other) {
        return state != null && Arrays.equals(state, other.state);
    }

    /** When it was changed last, in nanoseconds since 1970. */
    long changed() {
        return changed;
    }

    /** Every name that it has; that of a subvolume's root is none. */
    List<Name> names() {
        return names;
    }

    static Inode read(TreeSearch search, int fd, long inode) throws SyscallException {
        var reader = new Reader(inode);
        search.of(fd, TreeSearch.OWN_TREE, inode, TreeSearch.INODE_ITEM, TreeSearch.INODE_EXTREF, reader);
        return new Inode(reader.state, reader.changed, reader.names);
    }

    private static final class Reader implements TreeSearch.Sink {
        /** index and length of the name in {@code struct btrfs_inode_ref} */
        private static final int REF_LENGTH = 8;

        private static final int REF_NAME = 10;

        /** the same in {@code struct btrfs_inode_extref}, behind the directory */
        private static final int EXTREF_LENGTH = 16;

        private static final int EXTREF_NAME = 18;

        private final long inode;
        private final List<Name> names = new ArrayList<>();
        private byte[] state;
        private long changed;

        Reader(long inode) {
            this.inode = inode;
        }

        @Override
        public void item(long object, int type, long offset, ByteBuffer buffer, int at, int length) {
            switch (type) {
                case TreeSearch.INODE_ITEM -> {
                    state = InodeItem.state(buffer, at);
                    changed = InodeItem.changed(buffer, at);
                }
                case TreeSearch.INODE_REF -> {
                    // several names in one directory lie in one item
                    for (var i = at; i < at + length; ) {
                        var nameLength = LittleEndian.getShort(buffer, i + REF_LENGTH);
                        add(offset, buffer, i + REF_NAME, nameLength);
                        i += REF_NAME + nameLength;
                    }
                }
                case TreeSearch.INODE_EXTREF -> {
                    for (var i = at; i < at + length; ) {
                        var nameLength = LittleEndian.getShort(buffer, i + EXTREF_LENGTH);
                        add(LittleEndian.getLong(buffer, i), buffer, i + EXTREF_NAME, nameLength);
                        i += EXTREF_NAME + nameLength;
                    }
                }
                default -> {
                    // nothing that names or describes it
                }
            }
        }

        private void add(long directory, ByteBuffer buffer, int at, int length) {
            if (directory != inode) {
                var name = new byte[length];
                buffer.get(at, name);
                names.add(new Name(directory, name));
            }
        }
    }
}
