package storage.linux.jna;

import com.sun.jna.Callback;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/**
 * The functions of libdevmapper.h that are used, by direct mapping, and two of the C library. Loaded when first asked for:
 * most machines have no such library.
 */
final class LibDevmapper {
    // enum of libdevmapper.h
    static final int CREATE = 0;
    static final int RELOAD = 1;
    static final int REMOVE = 2;
    static final int SUSPEND = 4;
    static final int RESUME = 5;
    static final int INFO = 6;
    static final int DEPENDENCIES = 7;
    static final int VERSION = 9;
    static final int STATUS = 10;
    static final int TABLE = 11;
    static final int LIST = 13;
    static final int NODES = 15;
    static final int MESSAGE = 17;

    /** {@code DM_ADD_NODE_ON_CREATE}: at once, and not when the device is resumed. */
    static final int NODE_ON_CREATE = 1;

    private static final String[] NAMES = {"libdevmapper.so.1.02.1", "libdevmapper.so.1.02", "libdevmapper.so"};

    /** Why the library cannot be used, null if it can. */
    private static final String FAILURE = register();

    private LibDevmapper() {}

    /**
     * What the library calls to say something. It passes what its format asks for as further arguments; on x86-64 and
     * AArch64 Linux those lie where plain arguments would, and reading more than there are is harmless.
     */
    interface Say extends Callback {
        void invoke(
                int level,
                Pointer file,
                int line,
                int code,
                Pointer format,
                long a,
                long b,
                long c,
                long d,
                long e,
                long f);
    }

    static String failure() {
        return FAILURE;
    }

    private static String register() {
        LibC.load();
        var reason = "";
        for (var name : NAMES) {
            try {
                Native.register(LibDevmapper.class, NativeLibrary.getInstance(name));
                return null;
            } catch (LinkageError e) {
                reason = e.getMessage();
            }
        }
        return "The library libdevmapper.so.1.02.1 cannot be loaded (" + firstLine(reason)
                + "): install the package libdevmapper1.02.1, or device-mapper-libs";
    }

    private static String firstLine(String text) {
        return text == null ? "" : text.lines().findFirst().orElse("");
    }

    static native int dm_get_library_version(Pointer into, long size);

    static native void dm_log_with_errno_init(Say say);

    static native int dm_udev_set_sync_support(int wanted);

    static native int dm_udev_get_sync_support();

    static native int dm_udev_wait_immediate(int cookie, Pointer ready);

    static native int dm_udev_complete(int cookie);

    static native long dm_task_create(int type);

    static native void dm_task_destroy(long task);

    static native int dm_task_set_name(long task, Pointer name);

    static native int dm_task_set_message(long task, Pointer message);

    static native int dm_task_set_sector(long task, long sector);

    static native int dm_task_set_add_node(long task, int when);

    static native int dm_task_set_cookie(long task, Pointer cookie, short flags);

    static native int dm_task_add_target(long task, long start, long length, Pointer type, Pointer parameters);

    static native int dm_task_deferred_remove(long task);

    static native int dm_task_run(long task);

    static native void dm_task_update_nodes();

    static native int dm_task_get_errno(long task);

    static native int dm_task_get_info(long task, Pointer info);

    static native int dm_task_get_driver_version(long task, Pointer into, long size);

    static native Pointer dm_task_get_deps(long task);

    static native Pointer dm_task_get_names(long task);

    static native Pointer dm_get_next_target(
            long task, Pointer next, Pointer start, Pointer length, Pointer type, Pointer parameters);

    /** The C library's, which is in the process whatever library is asked. */
    static native int snprintf(Pointer into, long size, Pointer format, long a, long b, long c, long d, long e, long f);
}
