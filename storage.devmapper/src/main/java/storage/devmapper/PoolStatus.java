package storage.devmapper;

import java.util.regex.Pattern;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.linux.dm.Target;

/**
 * What a thin pool tells of itself, Documentation/admin-guide/device-mapper/thin-provisioning.rst.
 *
 * @param transaction the number of the last transaction that was closed
 * @param metadataUsed in blocks of 4 KiB
 * @param metadataTotal likewise
 * @param dataUsed in blocks of the pool
 * @param dataTotal likewise
 * @param sectors the size of the pool
 * @param mode {@code rw}, {@code ro} or {@code out_of_data_space}
 * @param needsCheck whether the kernel asks for a thin_check
 */
record PoolStatus(
        long transaction,
        long metadataUsed,
        long metadataTotal,
        long dataUsed,
        long dataTotal,
        long sectors,
        String mode,
        boolean needsCheck) {
    /** For a pool that the kernel does not trust any more. */
    static final String ADVICE = "Look at the kernel's messages (dmesg) and mend the disks; then take the pool down "
            + "(dmsetup remove, its devices first; of LVM's with lvchange -an), and run thin_check "
            + "--clear-needs-check-flag on its metadata device, or thin_repair (lvconvert --repair) if that finds damage";

    static final int METADATA_BLOCK = 4096;
    private static final int SECTOR = 512;
    private static final Pattern TEXT = Pattern.compile("(\\d+) (\\d+)/(\\d+) (\\d+)/(\\d+) \\S+(.*)");

    static PoolStatus of(String pool, Target status) throws StorageException {
        var match = TEXT.matcher(status.parameters().strip());
        if (!match.matches()) {
            throw StorageException.of(
                    Kind.DAMAGED,
                    "The thin pool " + pool + " has failed: its status is '" + status.parameters() + "'",
                    ADVICE);
        }
        var more = match.group(6).strip();
        var words = more.split(" ", -1);
        return new PoolStatus(
                Long.parseLong(match.group(1)),
                Long.parseLong(match.group(2)),
                Long.parseLong(match.group(3)),
                Long.parseLong(match.group(4)),
                Long.parseLong(match.group(5)),
                status.length(),
                words[0],
                more.contains("needs_check"));
    }

    /** Of a data block, in bytes. */
    long blockSize() {
        return dataTotal == 0 ? 0 : sectors / dataTotal * SECTOR;
    }

    /** After an error, or for want of metadata blocks. */
    boolean isReadOnly() {
        return mode.equals("ro");
    }

    boolean canBeWritten() {
        return mode.equals("rw") || mode.isEmpty();
    }

    /** Whether less than a percentage of the data or of the metadata is free. */
    boolean isBelow(int percent) {
        return (dataTotal - dataUsed) * 100 < dataTotal * percent
                || (metadataTotal - metadataUsed) * 100 < metadataTotal * percent;
    }
}
