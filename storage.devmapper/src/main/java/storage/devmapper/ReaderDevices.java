package storage.devmapper;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.common.block.BlockMount;
import storage.common.block.DetachedMount;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.SyscallException;
import storage.linux.Syscalls;
import storage.linux.dm.DeviceMapper;

/**
 * Block devices through which stores opened for reading look at layers that are not mounted, beside whoever has the store for
 * writing: a thin device may be active twice. Each is the kernel's to remove from the moment it is in use, so it goes with
 * the descriptor, however its process ends. None writes, so no journal is replayed.
 */
final class ReaderDevices {
    private static final Logger log = LoggerFactory.getLogger(ReaderDevices.class);

    /** Between the home's prefix and the device's number; no layer's device has it in its name. */
    private static final String MARK = "-+read-";

    private static final AtomicLong COUNT = new AtomicLong();

    private final Syscalls linux;
    private final DeviceMapper mapper;
    private final ThinPool pool;
    private final String prefix;

    ReaderDevices(Syscalls linux, DeviceMapper mapper, ThinPool pool, String prefix) {
        this.linux = linux;
        this.mapper = mapper;
        this.pool = pool;
        this.prefix = prefix;
    }

    /**
     * Opens a folder of a layer's filesystem.
     *
     * @param over any folder, for the mount that nobody sees
     * @return empty where the pool is not up, or the library cannot have a device removed later
     */
    Optional<Fd> open(DeviceRecord record, Path over, String folder) throws IOException {
        if (!mapper.canDeferRemoval() || !pool.exists()) {
            return Optional.empty();
        }
        var name = ofNumber(record) + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
        mapper.create(name, pool.device(record), DeviceMapper.NO_SCAN);
        try (var held = Fd.open(linux, FileCalls.AT_FDCWD, "/dev/mapper/" + name, FileCalls.O_RDONLY, 0)) {
            mapper.removeDeferred(name);
            // the library takes the node away at once
            var path = "/proc/self/fd/" + held.number();
            var filesystem = BaseDevice.type(linux, path);
            var mount = new BlockMount(path, filesystem, true, filesystem.mountOptions(false, "", ""));
            return Optional.of(DetachedMount.open(linux, mount, over, folder));
        } catch (IOException | RuntimeException e) {
            removeUnused(name);
            throw e;
        }
    }

    private String ofNumber(DeviceRecord record) {
        return prefix + MARK + record.deviceId() + "-";
    }

    /** Waits until nobody reads a layer that is to be deleted: else it were emptied, and then refused. */
    void awaitNone(DeviceRecord record) throws IOException {
        ThinDevices.whileBusy("delete device " + record.deviceId() + " of the pool " + pool.name(), () -> {
            removeLeft(ofNumber(record));
            if (mapper.devices().stream().anyMatch(name -> name.startsWith(ofNumber(record)))) {
                throw new SyscallException("dm message delete", pool.name(), Errno.EBUSY);
            }
        });
    }

    /** Removes what readers have left that were killed before their device was in use. */
    void removeLeft() throws IOException {
        removeLeft(prefix + MARK);
    }

    private void removeLeft(String beginning) throws IOException {
        for (var name : mapper.devices()) {
            if (name.startsWith(beginning) && mapper.info(name).openCount() == 0) {
                removeUnused(name);
            }
        }
    }

    private void removeUnused(String name) {
        try {
            if (mapper.info(name).exists()) {
                mapper.removeDeferred(name);
            }
        } catch (IOException e) {
            log.debug("The device {} stays: {}", name, e.getMessage());
        }
    }
}
