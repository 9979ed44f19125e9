package storage.linux.jna;

import java.nio.ByteBuffer;
import storage.linux.Stat;
import storage.linux.StatFs;

/** How the kernel lays out what it takes and gives, on 64-bit Linux; buffers are in native byte order. */
final class Structs {
    /** Bytes of a struct statx, linux/stat.h. */
    static final int STATX = 256;

    /** STATX_BASIC_STATS and STATX_MNT_ID. */
    static final int STATX_MASK = 0x7ff | 0x1000;

    /** STATX_ATTR_MOUNT_ROOT. */
    private static final long MOUNT_ROOT = 0x2000;

    /** linux/fcntl.h; stat(2) and lstat(2) imply it, statx(2) does not. */
    static final int AT_NO_AUTOMOUNT = 0x800;

    /** Bytes of two struct timespec. */
    static final int TIMES = 32;

    /** Bytes of a struct statfs, asm-generic/statfs.h. */
    static final int STATFS = 120;

    private Structs() {}

    static void readStatx(ByteBuffer b, int at, Stat into) {
        into.links = b.getInt(at + 16);
        into.uid = b.getInt(at + 20);
        into.gid = b.getInt(at + 24);
        into.mode = b.getShort(at + 28) & 0xffff;
        into.inode = b.getLong(at + 32);
        into.size = b.getLong(at + 40);
        into.blocks = b.getLong(at + 48);
        into.accessedSeconds = b.getLong(at + 64);
        into.accessedNanos = b.getInt(at + 72);
        into.changedSeconds = b.getLong(at + 96);
        into.changedNanos = b.getInt(at + 104);
        into.modifiedSeconds = b.getLong(at + 112);
        into.modifiedNanos = b.getInt(at + 120);
        into.special = Stat.device(b.getInt(at + 128), b.getInt(at + 132));
        into.device = Stat.device(b.getInt(at + 136), b.getInt(at + 140));
        into.mountPoint = (b.getLong(at + 8) & MOUNT_ROOT) != 0;
        into.mount = (b.getInt(at) & 0x1000) == 0 ? 0 : b.getLong(at + 144);
    }

    static void writeTimes(
            ByteBuffer b, long accessSeconds, long accessNanos, long modifiedSeconds, long modifiedNanos) {
        b.putLong(Scratch.START, accessSeconds)
                .putLong(Scratch.START + 8, accessNanos)
                .putLong(Scratch.START + 16, modifiedSeconds)
                .putLong(Scratch.START + 24, modifiedNanos);
    }

    static void readStatfs(ByteBuffer b, int at, StatFs into) {
        into.type = b.getLong(at);
        into.blockSize = b.getLong(at + 8);
        into.blocks = b.getLong(at + 16);
        into.blocksFree = b.getLong(at + 24);
        into.blocksAvailable = b.getLong(at + 32);
        into.files = b.getLong(at + 40);
        into.filesFree = b.getLong(at + 48);
        into.nameLength = b.getLong(at + 64);
        into.flags = b.getLong(at + 80);
    }
}
