package storage.linux.jna;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.dm.DeviceInfo;
import storage.linux.dm.DeviceMapper;
import storage.linux.dm.Target;

/**
 * libdevmapper by JNA. Everything static that the library has, its control descriptor and its log among it, is the
 * process', so there is one lock for all instances, held for each call of the library and for no wait.
 */
@Component(service = DeviceMapper.class)
public final class NativeDeviceMapper implements DeviceMapper {
    /** How long udev may take for one device; then its part is taken as done. */
    private static final Duration UDEV = Duration.ofSeconds(30);

    private static final int UDEV_PAUSE_MS = 2;
    private static final int TEXT = 256;

    /** {@code struct dm_info}, with room for what later versions add. */
    private static final int INFO_BYTES = 128;

    private static final Object LOCK = new Object();
    private static final DeviceMapperLog LOG = new DeviceMapperLog();
    private static final ControlDescriptor CONTROL = new ControlDescriptor();
    private static boolean begun;
    private static volatile Cookies journal;

    public NativeDeviceMapper() {
        // nothing is loaded before it is asked for
    }

    public static DeviceMapper instance() {
        return new NativeDeviceMapper();
    }

    @Deactivate
    public void deactivate() {
        LOG.to(null);
        journal = null;
    }

    @Override
    public Optional<String> missing() {
        return Optional.ofNullable(LibDevmapper.failure());
    }

    /** What is done with the library at hand. */
    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException;
    }

    private static <T> T locked(Work<T> work) throws IOException {
        var failure = LibDevmapper.failure();
        if (failure != null) {
            throw new IOException(failure);
        }
        synchronized (LOCK) {
            if (!begun) {
                LibDevmapper.dm_udev_set_sync_support(1);
                begun = true;
            }
            // only meanwhile: the library also has something to say when the process ends, and Java is gone by then
            LibDevmapper.dm_log_with_errno_init(LOG);
            try {
                var result = work.run();
                CONTROL.closeOnExec();
                return result;
            } finally {
                LibDevmapper.dm_log_with_errno_init(null);
            }
        }
    }

    @Override
    public String libraryVersion() throws IOException {
        return locked(() -> {
            var into = new Memory(TEXT);
            return LibDevmapper.dm_get_library_version(into, TEXT) == 1 ? DeviceMapperTask.string(into) : "";
        });
    }

    @Override
    public String driverVersion() throws IOException {
        return locked(() -> {
            try (var task = new DeviceMapperTask(LibDevmapper.VERSION, "dm version", "")) {
                task.run();
                return task.driverVersion();
            }
        });
    }

    @Override
    public boolean waitsForUdev() throws IOException {
        return locked(() -> LibDevmapper.dm_udev_get_sync_support() == 1);
    }

    @Override
    public boolean canDeferRemoval() throws IOException {
        return locked(() -> true); // the function is bound, or nothing is
    }

    @Override
    public DeviceInfo info(String name) throws IOException {
        return locked(() -> {
            try (var task = new DeviceMapperTask(LibDevmapper.INFO, "dm info", name)) {
                task.run();
                return info(task);
            }
        });
    }

    private static DeviceInfo info(DeviceMapperTask task) throws IOException {
        var info = new Memory(INFO_BYTES);
        info.clear();
        task.check(LibDevmapper.dm_task_get_info(task.number(), info));
        return new DeviceInfo(
                info.getInt(0) != 0,
                info.getInt(4) != 0,
                info.getInt(8) != 0,
                info.getInt(16),
                info.getInt(24),
                info.getInt(28),
                info.getInt(40) != 0);
    }

    @Override
    public Target status(String name) throws IOException {
        return target(LibDevmapper.STATUS, "dm status", name);
    }

    @Override
    public Target table(String name) throws IOException {
        return target(LibDevmapper.TABLE, "dm table", name);
    }

    private static Target target(int type, String call, String name) throws IOException {
        return locked(() -> {
            try (var task = new DeviceMapperTask(type, call, name)) {
                task.run();
                if (!info(task).exists()) {
                    throw new SyscallException(call, name, Errno.ENXIO);
                }
                // start, length, type, parameters: eight bytes each
                var answer = new Memory(32);
                answer.clear();
                LibDevmapper.dm_get_next_target(
                        task.number(), Pointer.NULL, answer, answer.share(8), answer.share(16), answer.share(24));
                return new Target(
                        answer.getLong(0),
                        answer.getLong(8),
                        DeviceMapperTask.string(answer.getPointer(16)),
                        DeviceMapperTask.string(answer.getPointer(24)));
            }
        });
    }

    @Override
    public List<Long> dependencies(String name) throws IOException {
        return locked(() -> {
            try (var task = new DeviceMapperTask(LibDevmapper.DEPENDENCIES, "dm deps", name)) {
                task.run();
                // struct dm_deps: the count, a filler, then device numbers as the kernel packs them
                var deps = LibDevmapper.dm_task_get_deps(task.number());
                var devices = new ArrayList<Long>();
                for (var i = 0; deps != null && i < deps.getInt(0); i++) {
                    var packed = deps.getLong(8 + 8L * i);
                    devices.add(
                            Stat.device((int) (packed >>> 8 & 0xfff), (int) (packed & 0xff | packed >>> 12 & 0xfff00)));
                }
                return devices;
            }
        });
    }

    @Override
    public List<String> devices() throws IOException {
        return locked(() -> {
            try (var task = new DeviceMapperTask(LibDevmapper.LIST, "dm list", "")) {
                task.run();
                var names = new ArrayList<String>();
                // struct dm_names: the device (0 for none at all), the offset of the next, the name
                var at = LibDevmapper.dm_task_get_names(task.number());
                while (at != null && at.getLong(0) != 0) {
                    names.add(at.getString(12, "UTF-8"));
                    var next = at.getInt(8);
                    at = next == 0 ? null : at.share(next);
                }
                return names;
            }
        });
    }

    @Override
    public void create(String name, Target target, int udev) throws IOException {
        withUdev(LibDevmapper.CREATE, "dm create", name, udev, task -> {
            add(task, target);
            task.check(LibDevmapper.dm_task_set_add_node(task.number(), LibDevmapper.NODE_ON_CREATE));
        });
    }

    private static void add(DeviceMapperTask task, Target target) throws IOException {
        task.check(LibDevmapper.dm_task_add_target(
                task.number(),
                target.start(),
                target.length(),
                DeviceMapperTask.text(target.type()),
                DeviceMapperTask.text(target.parameters())));
    }

    @Override
    public void reload(String name, Target target) throws IOException {
        plain(LibDevmapper.RELOAD, "dm reload", name, task -> add(task, target));
    }

    @Override
    public void suspend(String name) throws IOException {
        plain(LibDevmapper.SUSPEND, "dm suspend", name, task -> {});
    }

    @Override
    public void resume(String name, int udev) throws IOException {
        withUdev(LibDevmapper.RESUME, "dm resume", name, udev, task -> {});
    }

    @Override
    public void remove(String name) throws IOException {
        withUdev(LibDevmapper.REMOVE, "dm remove", name, ALL_RULES, task -> {});
    }

    @Override
    public void removeDeferred(String name) throws IOException {
        withUdev(
                LibDevmapper.REMOVE,
                "dm remove (deferred)",
                name,
                ALL_RULES,
                task -> task.check(LibDevmapper.dm_task_deferred_remove(task.number())));
    }

    @Override
    public void cancelDeferredRemoval(String name) throws IOException {
        message(name, "@cancel_deferred_remove");
    }

    @Override
    public void makeNode(String name) throws IOException {
        locked(() -> {
            try (var task = new DeviceMapperTask(LibDevmapper.NODES, "dm mknodes", name)) {
                task.run();
                LibDevmapper.dm_task_update_nodes();
                return null;
            }
        });
    }

    @Override
    public void message(String name, String message) throws IOException {
        plain(LibDevmapper.MESSAGE, "dm message '" + message + "' to", name, task -> {
            task.check(LibDevmapper.dm_task_set_sector(task.number(), 0));
            task.check(LibDevmapper.dm_task_set_message(task.number(), DeviceMapperTask.text(message)));
        });
    }

    @Override
    public void log(Log log) {
        LOG.to(log);
    }

    @Override
    public void journal(Cookies cookies) {
        journal = cookies;
    }

    /** What a request needs besides a name. */
    @FunctionalInterface
    private interface Preparation {
        void of(DeviceMapperTask task) throws IOException;
    }

    private static void plain(int type, String call, String name, Preparation preparation) throws IOException {
        locked(() -> {
            try (var task = new DeviceMapperTask(type, call, name)) {
                preparation.of(task);
                task.run();
                return null;
            }
        });
    }

    /** A request after which udev has work to do. A cookie is waited for even if the request failed: it is there. */
    private static void withUdev(int type, String call, String name, int udev, Preparation preparation)
            throws IOException {
        var cookie = new Memory(4);
        cookie.setInt(0, 0);
        try {
            locked(() -> {
                try (var task = new DeviceMapperTask(type, call, name)) {
                    preparation.of(task);
                    task.check(LibDevmapper.dm_task_set_cookie(task.number(), cookie, (short) udev));
                    told(cookie.getInt(0), true);
                    task.run();
                    if (cookie.getInt(0) == 0) {
                        // no udev: the library makes and removes the nodes itself
                        LibDevmapper.dm_task_update_nodes();
                    }
                    return null;
                }
            });
        } finally {
            waitFor(cookie.getInt(0));
        }
    }

    private static void told(int cookie, boolean opened) {
        var to = journal;
        if (to != null && cookie != 0) {
            if (opened) {
                to.opened(cookie);
            } else {
                to.closed(cookie);
            }
        }
    }

    /** Not interruptible: a cookie that is left behind is a semaphore of the system that nobody ever removes. */
    private static void waitFor(int cookie) throws IOException {
        if (cookie == 0) {
            return; // udev does not run
        }
        var interrupted = false;
        var end = System.nanoTime() + UDEV.toNanos();
        while (!isDone(cookie)) {
            if (System.nanoTime() > end) {
                finish(cookie);
                break;
            }
            try {
                Thread.sleep(UDEV_PAUSE_MS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        told(cookie, false);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks whether udev is done with a cookie; if it is, the cookie is gone. */
    private static boolean isDone(int cookie) throws IOException {
        return locked(() -> {
            var ready = new Memory(4);
            ready.setInt(0, 0);
            return LibDevmapper.dm_udev_wait_immediate(cookie, ready) != 1 || ready.getInt(0) != 0;
        });
    }

    /** Takes udev's part as done. */
    private static void finish(int cookie) throws IOException {
        locked(() -> LibDevmapper.dm_udev_complete(cookie));
        isDone(cookie);
    }

    @Override
    public void complete(int cookie) throws IOException {
        // two: what the request itself would still give back, and udev's
        for (var i = 0; i < 2 && !isDone(cookie); i++) {
            finish(cookie);
        }
    }
}
