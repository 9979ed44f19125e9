package storage.loopback;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import storage.api.loop.LoopDevices.Options;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** The requests of the loop driver, {@code linux/loop.h}; each takes a descriptor of a device. */
final class LoopCalls {
    private static final long SET_FD = 0x4c00;
    private static final long CLR_FD = 0x4c01;
    private static final long SET_STATUS64 = 0x4c04;
    private static final long GET_STATUS64 = 0x4c05;
    private static final long SET_CAPACITY = 0x4c07;
    private static final long SET_DIRECT_IO = 0x4c08;
    private static final long SET_BLOCK_SIZE = 0x4c09;
    private static final long CONFIGURE = 0x4c0a;
    private static final long CTL_GET_FREE = 0x4c82;

    private static final int READ_ONLY = 1;
    private static final int AUTOCLEAR = 4;
    private static final int DIRECT_IO = 16;

    /** {@code sizeof(struct loop_info64)}, and where its fields lie. */
    private static final int INFO = 232;

    private static final int INFO_DEVICE = 0;
    private static final int INFO_INODE = 8;
    private static final int INFO_FLAGS = 52;
    private static final int INFO_NAME = 56;
    private static final int NAME_BYTES = 64;

    /** {@code struct loop_config}: descriptor, block size, info, eight reserved words. */
    private static final int CONFIG = 304;

    private static final int CONFIG_INFO = 8;

    private final Syscalls linux;

    LoopCalls(Syscalls linux) {
        this.linux = linux;
    }

    /**
     * What is attached to a device.
     *
     * @param device the device number of the backing file's filesystem, as the kernel packs it
     */
    record Info(long device, long inode, boolean readOnly, boolean directIo) {}

    /** The number of a device that was free when the kernel was asked; perhaps a new one. */
    int free(int control) throws SyscallException {
        return Errno.check(linux.ioctl(control, CTL_GET_FREE, 0), "ioctl LOOP_CTL_GET_FREE", "/dev/loop-control");
    }

    /**
     * Attaches in one step where the kernel can (5.8), else in several: then others may see the device half set up, and
     * it is detached again if a step fails.
     *
     * @param name of the file, for those who list devices; cut to what the kernel keeps
     * @return 0 or a negative error: EBUSY if another process was faster
     */
    int attach(int device, int file, byte[] name, Options options) {
        var config = buffer(CONFIG);
        config.putInt(0, file).putInt(4, options.sectorSize());
        describe(config, CONFIG_INFO, name, options, options.directIo() ? DIRECT_IO : 0);
        var result = linux.ioctl(device, CONFIGURE, config);
        return result == -Errno.EINVAL || result == -Errno.ENOTTY ? stepByStep(device, file, name, options) : result;
    }

    private int stepByStep(int device, int file, byte[] name, Options options) {
        var result = linux.ioctl(device, SET_FD, file);
        if (result < 0) {
            return result;
        }
        var info = buffer(INFO);
        describe(info, 0, name, options, 0);
        result = linux.ioctl(device, SET_STATUS64, info);
        if (result >= 0 && options.sectorSize() > 0) {
            result = linux.ioctl(device, SET_BLOCK_SIZE, options.sectorSize());
        }
        if (result >= 0 && options.directIo()) {
            result = linux.ioctl(device, SET_DIRECT_IO, 1);
        }
        if (result < 0) {
            linux.ioctl(device, CLR_FD, 0);
        }
        return result;
    }

    private static void describe(ByteBuffer into, int at, byte[] name, Options options, int moreFlags) {
        into.putInt(
                at + INFO_FLAGS,
                (options.readOnly() ? READ_ONLY : 0) | (options.autoclear() ? AUTOCLEAR : 0) | moreFlags);
        var shown = Arrays.copyOf(name, Math.min(name.length, NAME_BYTES - 1));
        into.put(at + INFO_NAME, shown);
    }

    /** What is attached, or null if nothing is. */
    Info info(int device, String path) throws SyscallException {
        var info = buffer(INFO);
        var result = linux.ioctl(device, GET_STATUS64, info);
        if (result == -Errno.ENXIO) {
            return null;
        }
        Errno.check(result, "ioctl LOOP_GET_STATUS64", path);
        var flags = info.getInt(INFO_FLAGS);
        return new Info(
                info.getLong(INFO_DEVICE),
                info.getLong(INFO_INODE),
                (flags & READ_ONLY) != 0,
                (flags & DIRECT_IO) != 0);
    }

    /** 0 or a negative error: ENXIO if nothing is attached. */
    int refresh(int device) {
        return linux.ioctl(device, SET_CAPACITY, 0);
    }

    /** 0 or a negative error: ENXIO if nothing is attached. */
    int detach(int device) {
        return linux.ioctl(device, CLR_FD, 0);
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    }
}
