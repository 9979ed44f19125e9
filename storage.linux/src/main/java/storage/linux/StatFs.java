package storage.linux;

/** What {@code statfs(2)} answers; a mutable carrier. */
public final class StatFs {
    /** The type of the filesystem, linux/magic.h; see {@link FsMagic}. */
    public long type;

    /** In bytes: the unit of the next three. */
    public long blockSize;

    public long blocks;
    public long blocksFree;

    /** Free for users without privilege. */
    public long blocksAvailable;

    public long files;
    public long filesFree;

    /** The longest name, in bytes. */
    public long nameLength;

    /** {@code ST_RDONLY} and the like, statfs(2). */
    public long flags;
}
