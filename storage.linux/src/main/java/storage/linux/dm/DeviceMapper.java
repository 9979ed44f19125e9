package storage.linux.dm;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import storage.linux.jna.NativeDeviceMapper;

/**
 * The kernel's device-mapper ({@code linux/dm-ioctl.h}) as libdevmapper gives it. Devices are named without
 * {@code /dev/mapper/}. Calls that make or remove device nodes return when udev has done its part, or after a bound.
 *
 * <p>Failures are {@link storage.linux.SyscallException}s with the kernel's error number: EBUSY for a device in use, ENXIO
 * for one that is not there. The library is not thread-safe: it is used by one thread at a time, in the whole process.
 */
public interface DeviceMapper {
    /** udev's part in a new device, {@code DM_UDEV_DISABLE_*} of libdevmapper.h: nothing but the node and its links. */
    int NO_SCAN = 2 | 4 | 8;

    /** udev does all that its rules say. */
    int ALL_RULES = 0;

    /** The device-mapper of this machine. Answers, however little there is. */
    static DeviceMapper system() {
        return NativeDeviceMapper.instance();
    }

    /** Why nothing can be called: a sentence. Empty if the library is there; the kernel may still have no device-mapper. */
    Optional<String> missing();

    /** The version of the library, such as {@code 1.02.185 (2022-05-18)}. */
    String libraryVersion() throws IOException;

    /** The version of the kernel's driver, such as {@code 4.47.0}. Fails if it has none, or without privilege. */
    String driverVersion() throws IOException;

    /** Whether calls wait for udev: it has to run, and the library to be made for it. */
    boolean waitsForUdev() throws IOException;

    /** Whether the library can ask for removals that happen when a device is no longer in use. */
    boolean canDeferRemoval() throws IOException;

    /** What a device is at this moment; {@link DeviceInfo#exists} tells whether it is. */
    DeviceInfo info(String name) throws IOException;

    /** The first target of a device with the state that it tells, dmsetup(8) status. */
    Target status(String name) throws IOException;

    /** The first target of a device with what it was made of, dmsetup(8) table. */
    Target table(String name) throws IOException;

    /** The devices below a device, as {@link storage.linux.Stat#device}. */
    List<Long> dependencies(String name) throws IOException;

    /** The names of all devices. */
    List<String> devices() throws IOException;

    /**
     * Makes a device.
     *
     * @param udev {@link #NO_SCAN} or {@link #ALL_RULES}
     */
    void create(String name, Target target, int udev) throws IOException;

    /** Gives a device another table, which counts when it is resumed. */
    void reload(String name, Target target) throws IOException;

    void suspend(String name) throws IOException;

    void resume(String name, int udev) throws IOException;

    void remove(String name) throws IOException;

    /** Removes a device as soon as nobody uses it. Driver 4.27. */
    void removeDeferred(String name) throws IOException;

    /** Takes a deferred removal back. ENXIO if the device has gone, EBUSY while it is going. */
    void cancelDeferredRemoval(String name) throws IOException;

    /** Makes the node of a device that is there without: a removal that is taken back has removed it. */
    void makeNode(String name) throws IOException;

    /** Sends a message to a target, such as {@code create_thin 7} to a thin pool. */
    void message(String name, String message) throws IOException;

    /** Where what the library says goes to, of all of the process; null for nowhere. */
    void log(Log log);

    /** Where cookies are written down while they are in use, of all of the process; null for nowhere. */
    void journal(Cookies cookies);

    /** Ends a udev cookie that a process left when it was killed. */
    void complete(int cookie) throws IOException;

    /** Takes what the library says. */
    @FunctionalInterface
    interface Log {
        /** @param level 2 fatal, 3 error, 4 warning, 5 notice, 6 info, 7 debug */
        void told(int level, String text);
    }

    /** The udev cookies in use: semaphores that outlive the process. */
    interface Cookies {
        void opened(int cookie);

        void closed(int cookie);
    }
}
