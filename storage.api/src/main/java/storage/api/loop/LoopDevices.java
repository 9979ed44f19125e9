package storage.api.loop;

import java.nio.file.Path;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import storage.api.StorageException;

/**
 * Loop devices: files seen as block devices (loop(4), {@code linux/loop.h}).
 *
 * <p>A device stays attached until {@link #detach}, or, when made with {@link Options#autoclear()}, until its last user
 * (a mount, a device-mapper table, an open descriptor) is gone. Attachments outlive the process.
 */
@ProviderType
public interface LoopDevices {
    /**
     * How a file is attached.
     *
     * @param readOnly whether writes are refused
     * @param autoclear whether the kernel detaches it after the last user
     * @param directIo whether the page cache of the backing file is bypassed
     * @param sectorSize the logical block size in bytes, a power of two from 512 to a page; 0 for the kernel's choice
     */
    record Options(boolean readOnly, boolean autoclear, boolean directIo, int sectorSize) {
        /** Writable, kept until detached, buffered. */
        public static final Options DEFAULT = new Options(false, false, false, 0);

        public Options {
            if (sectorSize != 0 && (sectorSize < 512 || Integer.bitCount(sectorSize) != 1)) {
                throw new IllegalArgumentException("A sector size is 0 or a power of two from 512: " + sectorSize);
            }
        }
    }

    /**
     * Attaches a file to a free device.
     *
     * @param file a regular file
     * @param options how
     * @return the device, such as {@code /dev/loop3}
     * @throws StorageException NOT_FOUND if there is no such file; PERMISSION or PREREQUISITES if loop devices cannot be
     *     used here; TIMEOUT if other processes took every free device again and again
     */
    Path attach(Path file, Options options) throws StorageException;

    /** The device that a file is attached to, found by the file's device and inode, whatever its name is now. */
    Optional<Path> find(Path file) throws StorageException;

    /** The file behind a device, empty if none is attached. A file that was deleted keeps its last known name. */
    Optional<Path> backingFile(Path device) throws StorageException;

    /** Makes the device as large as its file has become. */
    void refreshCapacity(Path device) throws StorageException;

    /**
     * Detaches a device. One that is in use is detached by the kernel once it is not.
     *
     * @throws StorageException NOT_FOUND if nothing is attached
     */
    void detach(Path device) throws StorageException;
}
