package storage.devmapper;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.loop.LoopDevices;
import storage.common.io.HomeFolder;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;

/** What a pool of our own lies on: two block devices, each of them a given one or a sparse file as a loop device. */
final class PoolFiles {
    private static final Logger log = LoggerFactory.getLogger(PoolFiles.class);

    /** {@code _IOR(0x12, 114, size_t)}, linux/fs.h. */
    private static final long BLKGETSIZE64 = 0x80081272L;

    private static final int FILE_MODE = 0600;

    private final Syscalls linux;
    private final LoopDevices loops;
    private final Path folder;
    private final DevmapperOptions options;

    PoolFiles(Syscalls linux, LoopDevices loops, Path home, DevmapperOptions options) {
        this.linux = linux;
        this.loops = loops;
        this.folder = home.resolve("devicemapper");
        this.options = options;
    }

    /** A block device of a pool; of a file of ours, attached to a loop device while the pool is made. */
    record Part(String device, Optional<Path> file, boolean attachedHere) {}

    /** The file for data, whether it is there or not; empty where a device was given. */
    Optional<Path> dataFile() {
        return options.dataDevice().isPresent() ? Optional.empty() : Optional.of(folder.resolve("data"));
    }

    Optional<Path> metadataFile() {
        return options.metadataDevice().isPresent() ? Optional.empty() : Optional.of(folder.resolve("metadata"));
    }

    /** Makes the files where they are missing, or larger where more is asked for; never smaller. */
    void ensure() throws IOException {
        if (options.usesLoop()) {
            HomeFolder.ensure(linux, folder, HomeFolder.STATE_MODE, linux.geteuid(), linux.getegid());
        }
        if (dataFile().isPresent()) {
            ensure(dataFile().get(), options.loopDataSize());
        }
        if (metadataFile().isPresent()) {
            ensure(metadataFile().get(), options.loopMetadataSize());
        }
    }

    private void ensure(Path file, long size) throws IOException {
        var flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_NOFOLLOW;
        try (var fd = Fd.open(linux, FileCalls.AT_FDCWD, PathBytes.text(file), flags, FILE_MODE)) {
            var stat = new Stat();
            Errno.check(linux.stat(fd.number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat), "stat", file.toString());
            if (stat.size < size) {
                Errno.check(linux.ftruncate(fd.number(), size), "ftruncate", file.toString());
                Errno.check(linux.fsync(fd.number()), "fsync", file.toString());
            } else if (stat.size > size) {
                log.warn("The file {} has {} bytes and is not made smaller", file, stat.size);
            }
        }
    }

    /** The device for data. */
    Part data() throws IOException {
        return options.dataDevice().isPresent()
                ? new Part(options.dataDevice().get(), Optional.empty(), false)
                : attach(dataFile().orElseThrow());
    }

    /** The device for metadata. */
    Part metadata() throws IOException {
        return options.metadataDevice().isPresent()
                ? new Part(options.metadataDevice().get(), Optional.empty(), false)
                : attach(metadataFile().orElseThrow());
    }

    private Part attach(Path file) throws IOException {
        var found = loops.find(file);
        if (found.isPresent()) {
            refuseUsed(file, found.get());
            return new Part(found.get().toString(), Optional.of(file), true);
        }
        return new Part(loops.attach(file, LoopDevices.Options.DEFAULT).toString(), Optional.of(file), true);
    }

    /** Two pools on one file would each destroy what the other writes: the home was moved while its pool was up. */
    private static void refuseUsed(Path file, Path device) throws IOException {
        var holders = Path.of("/sys/block", device.getFileName().toString(), "holders");
        if (!Files.isDirectory(holders)) {
            return;
        }
        try (var names = Files.newDirectoryStream(holders)) {
            for (var name : names) {
                throw StorageException.of(
                        Kind.IN_USE,
                        "The file " + file + " is used by another pool: " + device + " is held by " + poolName(name),
                        "Take that pool down with dmsetup remove, after its devices; it was made before the data root "
                                + "was moved or copied");
            }
        }
    }

    private static String poolName(Path holder) throws IOException {
        var file = holder.resolve("dm/name");
        return Files.exists(file)
                ? Files.readString(file).strip()
                : holder.getFileName().toString();
    }

    /** Now that the pool uses it: the device goes with the pool, and not before. */
    void leave(Part part) throws IOException {
        if (part.attachedHere()) {
            leave(Path.of(part.device()));
        }
    }

    /** The same for a loop device that a pool uses already. */
    void leave(Path device) throws IOException {
        loops.detach(device);
    }

    /** The loop devices below a pool that is up, for a resize and for what is told. */
    Optional<Path> device(Optional<Path> file) throws IOException {
        return file.isPresent() && Files.exists(file.get()) ? loops.find(file.get()) : Optional.empty();
    }

    /** Makes the data file larger. */
    void lengthen(Path file, long size) throws IOException {
        ensure(file, size);
    }

    /** Lets a loop device see that its file has become larger. */
    void refresh(Path device) throws IOException {
        loops.refreshCapacity(device);
    }

    /** How many bytes a block device has. */
    long size(String device) throws IOException {
        try (var fd = Fd.open(linux, FileCalls.AT_FDCWD, device, FileCalls.O_RDONLY, 0)) {
            var answer = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
            Errno.check(linux.ioctl(fd.number(), BLKGETSIZE64, answer), "ioctl BLKGETSIZE64", device);
            return answer.getLong(0);
        }
    }
}
