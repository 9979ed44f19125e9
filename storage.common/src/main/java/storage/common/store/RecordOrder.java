package storage.common.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import storage.linux.Errno;
import storage.linux.FsMagic;
import storage.linux.MountTable;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.StatFs;
import storage.linux.Syscalls;

/**
 * What it takes that after a power cut no layer is there without its record, and that none whose content was synced is taken for
 * half-made because the last name of its record was not on disk yet.
 */
enum RecordOrder {
    /** Nothing: it all lies in memory. */
    NONE(false, true),
    /**
     * That the record is in an extended attribute too. Names and attributes reach the disk in the order in which they were
     * made, because they go through one journal; content does not, or long after. Whatever is synced takes along all that was
     * done to names before.
     */
    JOURNAL(true, true),
    /** The same, but what a program syncs goes ahead of all else: names have to be synced themselves. */
    TRANSACTIONS(true, false),
    /** That the record's content is on disk before anything else is made, and names are synced themselves. */
    SYNC(false, false);

    private static final Path DEVICES = Path.of("/sys/dev/block");
    private static final Path JOURNALS = Path.of("/proc/fs/jbd2");

    /** What the inode number of ext4's own journal adds to the device's name there. */
    private static final String JOURNAL_SUFFIX = "-8";

    private final boolean byAttribute;
    private final boolean takesNamesAlong;

    RecordOrder(boolean byAttribute, boolean takesNamesAlong) {
        this.byAttribute = byAttribute;
        this.takesNamesAlong = takesNamesAlong;
    }

    /** Whether a record has to be in an attribute of its file as well. */
    boolean byAttribute() {
        return byAttribute;
    }

    /** Whether a sync of any file takes along what was done to the names of records before. */
    boolean takesNamesAlong() {
        return takesNamesAlong;
    }

    /**
     * What the filesystem of the records needs.
     *
     * @param committed whether a layer is made by a transaction of that filesystem, which takes all along that was done
     *     before
     */
    static RecordOrder of(Syscalls linux, Path folder, boolean committed) throws IOException {
        var stat = new StatFs();
        var path = PathBytes.of(folder);
        Errno.check(linux.statfs(path, stat), "statfs", folder.toString());
        if (stat.type == FsMagic.TMPFS || stat.type == FsMagic.RAMFS) {
            return NONE;
        }
        if (stat.type == FsMagic.BTRFS && committed) {
            return TRANSACTIONS;
        }
        return stat.type == FsMagic.XFS || stat.type == FsMagic.EXT && hasJournal(folder) ? JOURNAL : SYNC;
    }

    /** ext2 has none, and ext4 may have been made without, or with one elsewhere, which counts as none here. */
    private static boolean hasJournal(Path folder) throws IOException {
        var mount = MountTable.read().containing(PathBytes.text(folder.toRealPath()));
        if (mount.isEmpty()) {
            return false;
        }
        var number = mount.get().device();
        var device = DEVICES.resolve(Stat.major(number) + ":" + Stat.minor(number));
        return Files.exists(device)
                && Files.exists(JOURNALS.resolve(device.toRealPath().getFileName() + JOURNAL_SUFFIX));
    }
}
