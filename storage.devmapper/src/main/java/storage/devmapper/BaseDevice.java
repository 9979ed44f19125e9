package storage.devmapper;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.common.block.BlockFilesystem;
import storage.common.block.HelperProgram;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Filesystems;
import storage.linux.KernelModules;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The device with an empty filesystem that every layer without a parent is a snapshot of. It is made once; later openings see
 * by its filesystem's UUID that the pool is the one that it was.
 */
final class BaseDevice {
    private static final Logger log = LoggerFactory.getLogger(BaseDevice.class);
    private static final Duration LIMIT = Duration.ofMinutes(20);

    /** Where the UUID lies: of xfs in its first sector, of ext4 in the superblock. */
    private static final int XFS_UUID_AT = 32;

    private static final int EXT4_UUID_AT = 1024 + 0x68;

    private final Syscalls linux;
    private final DeviceSet set;
    private final ThinPool pool;
    private final ThinDevices devices;
    private final DevmapperOptions options;
    private final Steps steps;

    BaseDevice(
            Syscalls linux, DeviceSet set, ThinPool pool, ThinDevices devices, DevmapperOptions options, Steps steps) {
        this.linux = linux;
        this.set = set;
        this.pool = pool;
        this.devices = devices;
        this.options = options;
        this.steps = steps;
    }

    /** Verifies the base device, or makes one where there is none or only a half-made one. */
    void ensure() throws IOException {
        if (set.damaged().contains(SetFiles.BASE)) {
            set.get(SetFiles.BASE); // tells how
        }
        var there = set.find(SetFiles.BASE);
        if (there.isPresent() && there.get().initialized() && !there.get().deleted()) {
            verify(there.get());
            return;
        }
        if (there.isPresent()) {
            log.info("The base device was not finished: it is made anew");
            devices.deactivate(SetFiles.BASE);
            set.delete(SetFiles.BASE);
        } else if (set.layers().isEmpty()) {
            refuseForeignPool();
        }
        make();
    }

    /** A pool that was given must be ours alone. */
    private void refuseForeignPool() throws IOException {
        if (options.thinPool().isEmpty()) {
            return;
        }
        var status = pool.status();
        if (status.dataUsed() != 0 || status.transaction() != 0) {
            throw StorageException.of(
                    Kind.INVALID,
                    "The thin pool " + pool.name() + " is not new: "
                            + (status.dataUsed() != 0
                                    ? status.dataUsed() + " of its data blocks are used"
                                    : "it has counted " + status.transaction() + " transactions"),
                    "Give a pool that nobody else uses; if it is this store's own, restore "
                            + "the folder devicemapper/metadata that belongs to it");
        }
    }

    private void make() throws IOException {
        var filesystem = filesystem();
        var record = set.addBase(options.baseSize());
        devices.activate(SetFiles.BASE, record);
        try {
            steps.reached("base activated");
            makeFilesystem(filesystem, devices.path(SetFiles.BASE));
            steps.reached("base filesystem made");
            set.saveBase(uuid(), filesystem.type());
            steps.reached("base recorded");
            set.update(SetFiles.BASE, record.asInitialized());
        } finally {
            devices.deactivateIfPossible(SetFiles.BASE);
        }
        log.info("Made the base device, {} bytes of {}", options.baseSize(), filesystem.type());
    }

    private BlockFilesystem filesystem() {
        return options.filesystem().orElseGet(() -> {
            if (BlockFilesystem.XFS.maker().isPresent()) {
                if (!Filesystems.has("xfs")) {
                    KernelModules.load("xfs");
                }
                if (Filesystems.has("xfs")) {
                    return BlockFilesystem.XFS;
                }
            }
            log.warn("xfs does not work here, for want of mkfs.xfs or in the kernel: the base device gets ext4");
            return BlockFilesystem.EXT4;
        });
    }

    /** With the engine's arguments. */
    private void makeFilesystem(BlockFilesystem filesystem, String device) throws IOException {
        if (filesystem == BlockFilesystem.XFS) {
            run("mkfs.xfs", filesystem, List.of("-f"), device);
            return;
        }
        run(
                "mkfs.ext4",
                filesystem,
                List.of("-F", "-q", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"),
                device);
        var tune = HelperProgram.find("tune2fs");
        if (tune.isPresent()) {
            HelperProgram.run(tune.get(), List.of("-c", "-1", "-i", "0", device), LIMIT);
        }
    }

    private void run(String name, BlockFilesystem filesystem, List<String> first, String device) throws IOException {
        var program = HelperProgram.find(name)
                .orElseThrow(() -> StorageException.of(
                        Kind.PREREQUISITES,
                        "The program " + name + " is not in /usr/sbin or /sbin",
                        "Install it: the package " + filesystem.packageName()));
        var arguments = new ArrayList<>(first);
        arguments.addAll(options.makeArguments());
        arguments.add(device);
        HelperProgram.run(program, arguments, LIMIT);
    }

    private void verify(DeviceRecord record) throws IOException {
        var known = set.set();
        activate(record);
        try {
            var uuid = uuid();
            if (!known.baseUuid().isEmpty() && !known.baseUuid().equals(uuid)) {
                throw StorageException.of(
                        Kind.DAMAGED,
                        "The base device in the pool " + pool.name() + " has the UUID " + uuid
                                + ", and the store expects " + known.baseUuid(),
                        "This is another pool than the one that the store was made with: name that with dm.thinpooldev, "
                                + "or restore its data and metadata. Nothing was changed");
            }
            if (known.baseUuid().isEmpty() || known.baseFilesystem().isEmpty()) {
                set.saveBase(uuid, type().type());
            }
            tellIgnored(record, known);
        } finally {
            devices.deactivateIfPossible(SetFiles.BASE);
        }
    }

    private void activate(DeviceRecord record) throws IOException {
        try {
            devices.activate(SetFiles.BASE, record);
        } catch (SyscallException e) {
            throw StorageException.of(
                            Kind.DAMAGED,
                            "The base device, number " + record.deviceId() + " in the pool " + pool.name()
                                    + ", cannot be activated: " + e.getMessage(),
                            "Look at the kernel's messages (dmesg): a pool that has no such device is another than the "
                                    + "store's, or has lost its metadata. Nothing was changed")
                    .withErrno(e.errno())
                    .causedBy(e);
        }
    }

    private void tellIgnored(DeviceRecord record, SetRecord known) {
        var wanted = options.filesystem().map(BlockFilesystem::type);
        if (wanted.isPresent()
                && !known.baseFilesystem().isEmpty()
                && !wanted.get().equals(known.baseFilesystem())) {
            log.warn("The base device has {}: dm.fs={} has no effect", known.baseFilesystem(), wanted.get());
        }
        if (options.baseSize() != DevmapperOptions.DEFAULT_BASE_SIZE && options.baseSize() != record.size()) {
            log.warn("The base device has {} bytes: dm.basesize={} has no effect", record.size(), options.baseSize());
        }
    }

    private BlockFilesystem type() throws IOException {
        return type(linux, devices.path(SetFiles.BASE));
    }

    /** The filesystem on a device. */
    static BlockFilesystem type(Syscalls linux, String device) throws IOException {
        try (var fd = Fd.open(linux, FileCalls.AT_FDCWD, device, FileCalls.O_RDONLY, 0)) {
            return BlockFilesystem.of(linux, fd.number())
                    .orElseThrow(() -> StorageException.of(
                            Kind.DAMAGED,
                            "The device " + device + " holds neither ext4 nor xfs",
                            "Look at the kernel's messages (dmesg): the pool may be full or failing"));
        }
    }

    private String uuid() throws IOException {
        var at = type() == BlockFilesystem.XFS ? XFS_UUID_AT : EXT4_UUID_AT;
        var device = devices.path(SetFiles.BASE);
        try (var fd = Fd.open(linux, FileCalls.AT_FDCWD, device, FileCalls.O_RDONLY, 0)) {
            var bytes = ByteBuffer.allocateDirect(16);
            while (bytes.hasRemaining()) {
                if (Errno.check(linux.pread(fd.number(), bytes, at + bytes.position()), "pread", device) == 0) {
                    throw new IOException("The device " + device + " is too small for a filesystem");
                }
            }
            return new UUID(bytes.getLong(0), bytes.getLong(8)).toString();
        }
    }
}
