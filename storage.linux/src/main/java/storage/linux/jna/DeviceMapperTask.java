package storage.linux.jna;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import storage.linux.Errno;
import storage.linux.SyscallException;

/** One request to the kernel's device-mapper. Used and closed with the library's lock held. */
final class DeviceMapperTask implements AutoCloseable {
    /** {@code DM_COOKIE_MAGIC}, libdevmapper.h: a cookie is this above 16 bits of its own. */
    private static final int TEXT = 256;

    private final String call;
    private final String name;
    private final long task;

    DeviceMapperTask(int type, String call, String name) throws SyscallException {
        this.call = call;
        this.name = name;
        task = LibDevmapper.dm_task_create(type);
        if (task == 0) {
            // the library asks the kernel for its version first of all
            throw new SyscallException(call, name, Errno.ENODEV);
        }
        try {
            if (!name.isEmpty()) {
                check(LibDevmapper.dm_task_set_name(task, text(name)));
            }
        } catch (SyscallException e) {
            close();
            throw e;
        }
    }

    long number() {
        return task;
    }

    /** A C string, valid as long as it is reachable. */
    static Memory text(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var memory = new Memory(bytes.length + 1L);
        memory.write(0, bytes, 0, bytes.length);
        memory.setByte(bytes.length, (byte) 0);
        return memory;
    }

    /** The library answers 1 if it did what it was asked. */
    void check(int result) throws SyscallException {
        if (result != 1) {
            throw new SyscallException(call, name, Errno.EINVAL);
        }
    }

    void run() throws SyscallException {
        if (LibDevmapper.dm_task_run(task) != 1) {
            var errno = LibDevmapper.dm_task_get_errno(task);
            throw new SyscallException(call, name, errno == 0 ? Errno.EIO : errno);
        }
    }

    String driverVersion() throws SyscallException {
        var into = new Memory(TEXT);
        check(LibDevmapper.dm_task_get_driver_version(task, into, TEXT));
        return string(into);
    }

    static String string(Pointer text) {
        return text == null ? "" : text.getString(0, "UTF-8");
    }

    @Override
    public void close() {
        LibDevmapper.dm_task_destroy(task);
    }
}
