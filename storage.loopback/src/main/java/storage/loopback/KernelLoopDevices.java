package storage.loopback;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.loop.LoopDevices;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.KernelModules;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** The kernel's loop devices. Keeps nothing: the kernel is the record of what is attached, for all processes. */
@Component(service = LoopDevices.class)
public final class KernelLoopDevices implements LoopDevices {
    private static final Path CONTROL = Path.of("/dev/loop-control");
    private static final Path BLOCK_DEVICES = Path.of("/sys/block");
    private static final Pattern NAME = Pattern.compile("loop\\d{1,7}");

    /** {@code LOOP_MAJOR} of {@code linux/major.h}. */
    private static final int MAJOR = 7;

    /** How often a free device is asked for while other processes take each one first. */
    private static final int ATTEMPTS = 64;

    private static final byte[] ITSELF = {};

    private final Syscalls linux;
    private final LoopCalls calls;

    @Activate
    public KernelLoopDevices(@Reference Syscalls linux) {
        this.linux = linux;
        this.calls = new LoopCalls(linux);
    }

    @Override
    public Path attach(Path file, Options options) throws StorageException {
        try (var device = attachHeld(file, options)) {
            return device.path();
        }
    }

    /**
     * The device of a file, attached if it is not yet, and kept from going while it is held. Afterwards it lasts as long
     * as its users. A file never gets a second device that writes: the two would overwrite what the other wrote.
     */
    HeldDevice hold(Path file, boolean readOnly) throws StorageException {
        var found = find(file, info -> info.readOnly() == readOnly);
        return found.isPresent() ? found.get() : attachHeld(file, new Options(readOnly, true, false, 0));
    }

    /** Whether a file has a device that may be written to. */
    boolean isAttached(Path file) throws StorageException {
        var found = find(file, info -> !info.readOnly());
        found.ifPresent(HeldDevice::close);
        return found.isPresent();
    }

    private HeldDevice attachHeld(Path file, Options options) throws StorageException {
        try (var backing = open(file, options.readOnly());
                var control = control()) {
            for (var attempt = 0; attempt < ATTEMPTS; attempt++) {
                if (Thread.interrupted()) {
                    Thread.currentThread().interrupt();
                    throw StorageException.of(Kind.INTERRUPTED, "Interrupted while a loop device was looked for");
                }
                var device = attach(calls.free(control.number()), backing, file, options);
                if (device.isPresent()) {
                    return device.get();
                }
            }
            throw StorageException.of(
                    Kind.TIMEOUT,
                    "Other processes took each of " + ATTEMPTS + " free loop devices before " + file
                            + " could be attached",
                    "Try again");
        } catch (IOException e) {
            throw told(e, "attach " + file + " to a loop device");
        }
    }

    /** Empty if another process was faster. */
    private Optional<HeldDevice> attach(int number, Fd backing, Path file, Options options) throws IOException {
        var path = Path.of("/dev/loop" + number);
        var flags = options.readOnly() ? FileCalls.O_RDONLY : FileCalls.O_RDWR;
        var device = Fd.open(linux, FileCalls.AT_FDCWD, path.toString(), flags, 0);
        try {
            var result = calls.attach(device.number(), backing.number(), PathBytes.of(file), options);
            if (result == -Errno.EBUSY) {
                device.close();
                return Optional.empty();
            }
            if (result == -Errno.EINVAL && options.sectorSize() != 0) {
                throw StorageException.of(
                        Kind.INVALID,
                        "The kernel takes no sectors of " + options.sectorSize() + " bytes for " + file,
                        "Use 512 to 4096, or 0 for its choice");
            }
            Errno.check(result, "ioctl LOOP_CONFIGURE", path.toString());
            refuseBuffered(device, path, file, options);
            return Optional.of(new HeldDevice(path, device));
        } catch (IOException | RuntimeException | Error e) {
            device.close();
            throw e;
        }
    }

    /** The kernel goes on buffered where the backing filesystem has no direct I/O; that is not what was asked for. */
    private void refuseBuffered(Fd device, Path path, Path file, Options options) throws IOException {
        if (options.directIo()) {
            var info = calls.info(device.number(), path.toString());
            if (info != null && !info.directIo()) {
                calls.detach(device.number());
                throw StorageException.of(
                        Kind.NOT_SUPPORTED,
                        "The filesystem of " + file + " cannot do direct I/O with this sector size",
                        "Attach it without direct I/O");
            }
        }
    }

    private Fd open(Path file, boolean readOnly) throws IOException {
        var flags = (readOnly ? FileCalls.O_RDONLY : FileCalls.O_RDWR) | FileCalls.O_NONBLOCK;
        Fd fd;
        try {
            fd = Fd.open(linux, FileCalls.AT_FDCWD, PathBytes.text(file), flags, 0);
        } catch (SyscallException e) {
            throw e.errno() == Errno.EISDIR ? noFile(file) : e;
        }
        try {
            if (!stat(fd.number(), file).isRegular()) {
                throw noFile(file);
            }
            return fd;
        } catch (IOException | RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private static StorageException noFile(Path file) {
        return StorageException.of(
                Kind.INVALID, file + " is no regular file", "Only regular files become loop devices");
    }

    private Fd control() throws IOException {
        if (!Files.exists(CONTROL)) {
            KernelModules.load("loop");
        }
        try {
            return Fd.open(linux, FileCalls.AT_FDCWD, CONTROL.toString(), FileCalls.O_RDWR, 0);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENODEV || e.errno() == Errno.ENXIO) {
                throw StorageException.of(
                                Kind.PREREQUISITES,
                                "This kernel has no loop devices, or " + CONTROL + " is missing",
                                "Load the module: modprobe loop; in a container pass the device through")
                        .causedBy(e);
            }
            throw e;
        }
    }

    private Stat stat(int fd, Path file) throws SyscallException {
        var stat = new Stat();
        Errno.check(linux.stat(fd, ITSELF, FileCalls.AT_EMPTY_PATH, stat), "stat", PathBytes.text(file));
        return stat;
    }

    @Override
    public Optional<Path> find(Path file) throws StorageException {
        var found = find(file, info -> true);
        found.ifPresent(HeldDevice::close);
        return found.map(HeldDevice::path);
    }

    private Optional<HeldDevice> find(Path file, Predicate<LoopCalls.Info> which) throws StorageException {
        var stat = new Stat();
        var result = linux.stat(FileCalls.AT_FDCWD, PathBytes.of(file), 0, stat);
        try {
            Errno.check(result, "stat", PathBytes.text(file));
            for (var path : attached()) {
                var held = find(path, stat, which);
                if (held.isPresent()) {
                    return held;
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw told(e, "look for the loop device of " + file);
        }
    }

    private Optional<HeldDevice> find(Path path, Stat file, Predicate<LoopCalls.Info> which) throws IOException {
        Fd device;
        try {
            device = Fd.open(linux, FileCalls.AT_FDCWD, path.toString(), FileCalls.O_RDONLY, 0);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENXIO) {
                return Optional.empty(); // it has just gone
            }
            throw e;
        }
        var found = false;
        try {
            var info = calls.info(device.number(), path.toString());
            found = info != null && isOver(info, file) && which.test(info);
            return found ? Optional.of(new HeldDevice(path, device)) : Optional.empty();
        } finally {
            if (!found) {
                device.close();
            }
        }
    }

    private static boolean isOver(LoopCalls.Info info, Stat file) {
        return info.inode() == file.inode && info.device() == packed(file.device);
    }

    /** Whether a mounted device, by its number, shows a file. */
    boolean isOver(long device, Path file) throws IOException {
        if (Stat.major(device) != MAJOR) {
            return false;
        }
        var stat = new Stat();
        Errno.check(linux.stat(FileCalls.AT_FDCWD, PathBytes.of(file), 0, stat), "stat", PathBytes.text(file));
        var found = find(Path.of("/dev/loop" + Stat.minor(device)), stat, info -> true);
        found.ifPresent(HeldDevice::close);
        return found.isPresent();
    }

    /** {@code huge_encode_dev}, {@code linux/kdev_t.h}. */
    private static long packed(long device) {
        var minor = Stat.minor(device) & 0xffffffffL;
        return (minor & 0xff) | (Stat.major(device) & 0xfffffL) << 8 | (minor & ~0xffL) << 12;
    }

    /** The devices that something is attached to, in the order of their numbers. */
    private static List<Path> attached() throws IOException {
        var numbers = new TreeSet<Integer>();
        try (var devices = Files.newDirectoryStream(BLOCK_DEVICES, "loop*")) {
            for (var device : devices) {
                var name = device.getFileName().toString();
                if (NAME.matcher(name).matches() && Files.exists(device.resolve("loop/backing_file"))) {
                    numbers.add(Integer.valueOf(name.substring(4)));
                }
            }
        } catch (java.nio.file.NoSuchFileException e) {
            return List.of(); // no sysfs, or no block devices at all
        }
        var paths = new ArrayList<Path>();
        numbers.forEach(number -> paths.add(Path.of("/dev/loop" + number)));
        return paths;
    }

    @Override
    public Optional<Path> backingFile(Path device) throws StorageException {
        try (var fd = openDevice(device, FileCalls.O_RDONLY)) {
            if (calls.info(fd.number(), device.toString()) == null) {
                return Optional.empty();
            }
            var minor = Stat.minor(stat(fd.number(), device).special);
            // the structure of the ioctl has only the first 63 bytes of the name
            var file = BLOCK_DEVICES.resolve("loop" + minor + "/loop/backing_file");
            var text = Files.readString(file, StandardCharsets.ISO_8859_1);
            var name = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
            var deleted = " (deleted)";
            return Optional.of(PathBytes.path(storage.api.FileNames.decode(
                    (name.endsWith(deleted) ? name.substring(0, name.length() - deleted.length()) : name)
                            .getBytes(StandardCharsets.ISO_8859_1))));
        } catch (java.nio.file.NoSuchFileException e) {
            return Optional.empty(); // detached meanwhile
        } catch (IOException e) {
            throw told(e, "look behind " + device);
        }
    }

    @Override
    public void refreshCapacity(Path device) throws StorageException {
        try (var fd = openDevice(device, FileCalls.O_RDONLY)) {
            done(calls.refresh(fd.number()), "LOOP_SET_CAPACITY", device);
        } catch (IOException e) {
            throw told(e, "refresh the size of " + device);
        }
    }

    @Override
    public void detach(Path device) throws StorageException {
        try (var fd = openDevice(device, FileCalls.O_RDONLY)) {
            done(calls.detach(fd.number()), "LOOP_CLR_FD", device);
        } catch (IOException e) {
            throw told(e, "detach " + device);
        }
    }

    private static void done(int result, String call, Path device) throws IOException {
        if (result == -Errno.ENXIO) {
            throw StorageException.of(Kind.NOT_FOUND, "Nothing is attached to " + device);
        }
        Errno.check(result, "ioctl " + call, device.toString());
    }

    /** Opens a loop device, and nothing else: the requests mean other things to other drivers. */
    private Fd openDevice(Path device, int flags) throws IOException {
        var fd = Fd.open(linux, FileCalls.AT_FDCWD, PathBytes.text(device), flags | FileCalls.O_NONBLOCK, 0);
        try {
            var stat = stat(fd.number(), device);
            if (stat.type() != Stat.S_IFBLK || Stat.major(stat.special) != MAJOR) {
                throw StorageException.of(Kind.INVALID, device + " is no loop device");
            }
            return fd;
        } catch (IOException | RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private static StorageException told(IOException e, String doing) {
        if (e instanceof StorageException known) {
            return known;
        }
        if (e instanceof SyscallException call) {
            var kind = Errno.kind(call.errno());
            return StorageException.of(
                            kind,
                            "Failed to " + doing + ": " + e.getMessage(),
                            kind == Kind.PERMISSION ? "Loop devices need root, and access to /dev/loop*" : "")
                    .withErrno(call.errno())
                    .causedBy(e);
        }
        return StorageException.of(Kind.IO, "Failed to " + doing + ": " + e.getMessage())
                .causedBy(e);
    }
}
