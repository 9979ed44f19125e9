package storage.btrfs.diff;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import storage.btrfs.kernel.LittleEndian;
import storage.btrfs.kernel.TreeSearch;

/** The subvolumes inside one, from its {@code struct btrfs_root_ref} items: directory, sequence, name. */
final class Nested implements TreeSearch.Sink {
    private static final int LENGTH = 16;
    private static final int NAME = 18;

    /** The number of each one's tree. */
    final List<Long> trees = new ArrayList<>();

    final List<Inode.Name> names = new ArrayList<>();

    @Override
    public void item(long object, int type, long offset, ByteBuffer buffer, int at, int length) {
        var name = new byte[LittleEndian.getShort(buffer, at + LENGTH)];
        buffer.get(at + NAME, name);
        trees.add(offset);
        names.add(new Inode.Name(LittleEndian.getLong(buffer, at), name));
    }
}
