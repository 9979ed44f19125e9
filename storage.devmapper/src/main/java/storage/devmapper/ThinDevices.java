package storage.devmapper;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.linux.Errno;
import storage.linux.MountEntry;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.dm.DeviceInfo;
import storage.linux.dm.DeviceMapper;

/** Thin devices as block devices: they are there while they are activated, {@code /dev/mapper/PREFIX-ID}. */
final class ThinDevices {
    private static final Logger log = LoggerFactory.getLogger(ThinDevices.class);
    private static final String BASE = "base";

    /** {@code DM_NAME_LEN} of linux/dm-ioctl.h, without the zero at the end. */
    private static final int LONGEST_NAME = 127;

    /** The whole wait for a device in use: udev and whoever it calls look at each new one for a moment. */
    private static final Duration BUSY = Duration.ofSeconds(20);

    private static final int BUSY_PAUSE_MS = 50;

    private final DeviceMapper mapper;
    private final ThinPool pool;
    private final String prefix;
    private final boolean deferred;

    /**
     * @param prefix of all names
     * @param deferred whether devices in use are removed when they no longer are
     */
    ThinDevices(DeviceMapper mapper, ThinPool pool, String prefix, boolean deferred) {
        this.mapper = mapper;
        this.pool = pool;
        this.prefix = prefix;
        this.deferred = deferred;
    }

    /** The name of a layer's device; what is too long for the kernel is told by its digest. */
    String name(String layer) {
        return name(prefix, layer);
    }

    static String name(String prefix, String layer) {
        var name = prefix + "-" + (layer.isEmpty() ? BASE : layer);
        return name.length() <= LONGEST_NAME ? name : prefix + "-" + digest(layer);
    }

    private static String digest(String layer) {
        try {
            var hash = MessageDigest.getInstance("SHA-256").digest(layer.getBytes(StandardCharsets.US_ASCII));
            // no id has it, and libdevmapper and udev take it as it is
            return "+" + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JVM has SHA-256", e);
        }
    }

    String path(String layer) {
        return "/dev/mapper/" + name(layer);
    }

    DeviceInfo info(String layer) throws IOException {
        return mapper.info(name(layer));
    }

    /** Whether a mount is one of a layer's device. */
    boolean isOf(String layer, MountEntry mount) throws IOException {
        var info = info(layer);
        return info.exists() && Stat.device(info.major(), info.minor()) == mount.device();
    }

    /** Makes a layer's device, if it is not there. */
    void activate(String layer, DeviceRecord record) throws IOException {
        var info = info(layer);
        if (info.exists() && info.deferredRemoval()) {
            cancelRemoval(layer);
            info = info(layer);
        }
        if (info.exists()) {
            if (info.suspended()) {
                mapper.resume(name(layer), DeviceMapper.NO_SCAN); // of a process that died while it took a snapshot
            }
        } else {
            // nobody is to look into it: whoever does keeps it in use for a moment
            mapper.create(name(layer), pool.device(record), DeviceMapper.NO_SCAN);
        }
        if (!Files.exists(Path.of(path(layer)))) {
            mapper.makeNode(name(layer)); // where udev takes longer than anybody waits for it
        }
    }

    private void cancelRemoval(String layer) throws IOException {
        whileBusy("keep the device of layer " + layer, () -> {
            try {
                mapper.cancelDeferredRemoval(name(layer));
                mapper.makeNode(name(layer));
            } catch (SyscallException e) {
                if (e.errno() != Errno.ENXIO) {
                    throw e; // else it has gone
                }
            }
        });
    }

    /**
     * Removes a layer's device, if it is there; the thin device stays in the pool.
     *
     * @throws StorageException IN_USE if somebody uses it for longer than the wait, unless removal is deferred
     */
    void deactivate(String layer) throws IOException {
        if (!deferred) {
            deactivateNow(layer);
        } else if (info(layer).exists()) {
            mapper.removeDeferred(name(layer));
        }
    }

    /**
     * The same, and it is gone on return: for a name that is needed again.
     *
     * @throws StorageException IN_USE if somebody uses it for longer than the wait
     */
    void deactivateNow(String layer) throws IOException {
        whileBusy("remove the device " + name(layer), () -> {
            try {
                if (info(layer).exists()) {
                    mapper.remove(name(layer));
                }
            } catch (SyscallException e) {
                if (e.errno() != Errno.ENXIO) {
                    throw e; // else its removal was deferred, and has just come
                }
            }
        });
    }

    /** The same where a device that stays does no harm: the next opening, or removal, finds it. */
    void deactivateIfPossible(String layer) {
        try {
            deactivate(layer);
        } catch (IOException e) {
            log.warn("The device {} stays active: {}", name(layer), e.getMessage());
        }
    }

    /** A call of the kernel. */
    @FunctionalInterface
    interface Call {
        void run() throws IOException;
    }

    /** Calls until it is not in use any more, or for too long. */
    static void whileBusy(String what, Call call) throws IOException {
        var end = System.nanoTime() + BUSY.toNanos();
        while (true) {
            try {
                call.run();
                return;
            } catch (SyscallException e) {
                if (e.errno() != Errno.EBUSY) {
                    throw e;
                }
                if (System.nanoTime() > end) {
                    throw StorageException.of(
                                    Kind.IN_USE,
                                    "Failed to " + what + ": it is in use",
                                    "See with 'fuser -vm' and in the mount namespaces of other processes who uses it, "
                                            + "or let busy devices go later with dm.use_deferred_removal=true")
                            .withErrno(e.errno())
                            .causedBy(e);
                }
                pause(what);
            }
        }
    }

    private static void pause(String what) throws StorageException {
        try {
            Thread.sleep(BUSY_PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(Kind.INTERRUPTED, "Interrupted while trying to " + what)
                    .causedBy(e);
        }
    }

    /** Runs something while a device, if it is active, holds still: what was written is on it. */
    void whileStill(String layer, Call call) throws IOException {
        if (!info(layer).exists()) {
            call.run();
            return;
        }
        mapper.suspend(name(layer));
        try {
            call.run();
        } finally {
            mapper.resume(name(layer), DeviceMapper.NO_SCAN);
        }
    }
}
