package storage.common.tree;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collection;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** The names in one directory, read at once. */
public final class Listing {
    // linux/fs.h: the types that getdents64(2) answers
    public static final byte UNKNOWN = 0;
    public static final byte CHARACTER_DEVICE = 2;
    public static final byte DIRECTORY = 4;
    public static final byte REGULAR = 8;
    public static final byte SYMLINK = 10;

    /** Of struct linux_dirent64. */
    private static final int RECORD_LENGTH = 16;

    private static final int TYPE = 18;
    private static final int NAME = 19;

    /** One name; equal to another by its bytes alone. */
    public static final class Item implements Comparable<Item> {
        private final byte[] name;
        private final byte type;
        private final long inode;

        Item(byte[] name, byte type, long inode) {
            this.name = name;
            this.type = type;
            this.inode = inode;
        }

        /** The bytes; not to be changed. */
        public byte[] name() {
            return name;
        }

        /** UNKNOWN where the filesystem does not tell. */
        public byte type() {
            return type;
        }

        /** As the directory has it: at a mount point, of what is mounted over. */
        public long inode() {
            return inode;
        }

        @Override
        public int compareTo(Item other) {
            return Arrays.compareUnsigned(name, other.name);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Item item && Arrays.equals(name, item.name);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(name);
        }
    }

    /** As much as is read at once, in bytes. */
    private static final int BUFFER = 64 << 10;

    /**
     * Where the kernel writes to, one a thread, used up within one call. A class of the JDK, so that a thread which
     * outlives the bundle keeps none of its classes.
     */
    private static final ThreadLocal<ByteBuffer> RECORDS = new ThreadLocal<>();

    private Listing() {}

    private static ByteBuffer records() {
        var records = RECORDS.get();
        if (records == null) {
            records = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.nativeOrder());
            RECORDS.set(records);
        }
        return records;
    }

    /** Names that are known without reading the directory; neither their types nor their inodes are. */
    public static Item[] of(Collection<byte[]> names) {
        return names.stream().map(name -> new Item(name, UNKNOWN, 0)).toArray(Item[]::new);
    }

    /** Reads a directory from its beginning, without {@code .} and {@code ..}, in the order of the bytes of names. */
    public static Item[] sorted(Syscalls linux, int fd) throws SyscallException {
        var items = read(linux, fd);
        Arrays.sort(items);
        return items;
    }

    /** Reads a directory from its beginning, in the order that the filesystem has. */
    public static Item[] read(Syscalls linux, int fd) throws SyscallException {
        Errno.check(linux.lseek(fd, 0, Syscalls.SEEK_SET), "lseek", "");
        var buffer = records();
        var items = new Item[32];
        var count = 0;
        while (true) {
            buffer.clear();
            if (Errno.check(linux.getdents(fd, buffer), "getdents64", "") == 0) {
                return Arrays.copyOf(items, count);
            }
            buffer.flip();
            while (buffer.hasRemaining()) {
                var at = buffer.position();
                var next = at + (buffer.getShort(at + RECORD_LENGTH) & 0xffff);
                var length = 0;
                while (buffer.get(at + NAME + length) != 0) {
                    length++;
                }
                if (!isDots(buffer, at + NAME, length)) {
                    var name = new byte[length];
                    buffer.get(at + NAME, name);
                    if (count == items.length) {
                        items = Arrays.copyOf(items, count * 2);
                    }
                    items[count++] = new Item(name, buffer.get(at + TYPE), buffer.getLong(at));
                }
                buffer.position(next);
            }
        }
    }

    private static boolean isDots(ByteBuffer buffer, int at, int length) {
        return length == 1 && buffer.get(at) == '.'
                || length == 2 && buffer.get(at) == '.' && buffer.get(at + 1) == '.';
    }
}
