package storage.linux.dm;

/**
 * A device's state, {@code struct dm_info} of libdevmapper.h.
 *
 * @param exists whether there is such a device; if not, nothing else counts
 * @param suspended whether I/O waits
 * @param live whether it has a table
 * @param openCount how many have it open, mounts included
 * @param major of its number
 * @param minor of its number
 * @param deferredRemoval whether it goes when the last user does
 */
public record DeviceInfo(
        boolean exists,
        boolean suspended,
        boolean live,
        int openCount,
        int major,
        int minor,
        boolean deferredRemoval) {}
