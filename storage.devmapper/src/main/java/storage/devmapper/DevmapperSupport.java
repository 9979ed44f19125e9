package storage.devmapper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import storage.api.StoreInfo;
import storage.api.driver.Verdict;
import storage.api.driver.Verdict.Evidence;
import storage.api.driver.Verdict.Outcome;
import storage.common.block.BlockFilesystem;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Privilege;
import storage.linux.SyscallException;
import storage.linux.Syscalls;
import storage.linux.dm.DeviceMapper;

/** Judges whether the driver can work: library, kernel, privilege, udev, and what its options ask for. */
final class DevmapperSupport {
    private static final String CONTROL = "/dev/mapper/control";
    private static final String LOOP_CONTROL = "/dev/loop-control";

    /** The driver that can remove devices later. */
    private static final int DEFERRED_MAJOR = 4;

    private static final int DEFERRED_MINOR = 27;

    private final Syscalls linux;
    private final DeviceMapper mapper;
    private final DevmapperOptions options;
    private final List<Evidence> evidence = new ArrayList<>();

    DevmapperSupport(Syscalls linux, DeviceMapper mapper, DevmapperOptions options) {
        this.linux = linux;
        this.mapper = mapper;
        this.options = options;
    }

    Verdict examine(StoreInfo info) {
        var folder = existing(info.home());
        try {
            return withoutLibrary()
                    .or(this::withoutPrivilege)
                    .or(this::withoutKernel)
                    .or(this::withoutUdev)
                    .or(this::withoutLoopDevices)
                    .or(this::withoutProgram)
                    .or(() -> closed(info, folder))
                    .orElseGet(() -> Verdict.supported(
                            "Keeps each layer as a thin device, in "
                                    + options.thinPool()
                                            .map(name -> "the pool " + name)
                                            .orElse(
                                                    options.usesLoop()
                                                            ? "a pool on files in " + PathBytes.text(folder)
                                                            : "a pool on "
                                                                    + options.dataDevice()
                                                                            .orElse("")),
                            evidence));
        } catch (RuntimeException e) {
            return Verdict.failed("The check of devmapper failed: " + e.getMessage(), 0, evidence);
        }
    }

    private Optional<Verdict> withoutLibrary() {
        var missing = mapper.missing();
        evidence.add(new Evidence("libdevmapper", missing.orElse("found")));
        return missing.map(reason -> not("Device-mapper's library is not here: " + reason, "Install it"));
    }

    private Optional<Verdict> withoutPrivilege() {
        var may = Privilege.current().canMount();
        evidence.add(new Evidence("privilege", may ? "may mount" : "may not mount"));
        return may
                ? Optional.empty()
                : Optional.of(no(
                        "Thin devices can be made by root only, and this is user " + linux.geteuid(),
                        "Run as root; in a container, in a privileged one"));
    }

    private Optional<Verdict> withoutKernel() {
        if (!Files.exists(Path.of(CONTROL)) && !Files.exists(Path.of("/sys/class/misc/device-mapper"))) {
            // asking the library would make it complain, and load a module
            evidence.add(new Evidence(CONTROL, "missing"));
            return Optional.of(not(
                    "This kernel has no device-mapper: " + CONTROL + " is missing",
                    "Load the module: modprobe dm_thin_pool; in a container pass /dev/mapper through"));
        }
        try {
            var version = mapper.driverVersion();
            evidence.add(new Evidence("device-mapper of the kernel", version));
            evidence.add(new Evidence("libdevmapper", mapper.libraryVersion()));
            if (options.deferredRemoval() && !(defersRemoval(version) && mapper.canDeferRemoval())) {
                return Optional.of(no(
                        "Deferred removal (dm.use_deferred_removal) needs device-mapper 4.27, and this kernel has "
                                + version,
                        "Leave dm.use_deferred_removal out"));
            }
            return Optional.empty();
        } catch (IOException e) {
            var errno = e instanceof SyscallException call ? call.errno() : 0;
            return Optional.of(
                    errno == Errno.EPERM || errno == Errno.EACCES
                            ? no("Device-mapper cannot be used: " + e.getMessage(), "Run as root")
                            : not(
                                    "The kernel's device-mapper does not answer: " + e.getMessage(),
                                    "Load the module: modprobe dm_thin_pool"));
        }
    }

    /** Whether a version of the kernel's driver, such as 4.47.0, can remove devices when they are no longer in use. */
    static boolean defersRemoval(String version) {
        var numbers = version.split("\\.", -1);
        try {
            var major = Integer.parseInt(numbers[0]);
            return major > DEFERRED_MAJOR
                    || major == DEFERRED_MAJOR && numbers.length > 1 && Integer.parseInt(numbers[1]) >= DEFERRED_MINOR;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private Optional<Verdict> withoutUdev() {
        try {
            var waits = mapper.waitsForUdev();
            evidence.add(new Evidence("udev", waits ? "runs" : "does not run"));
            return waits || options.withoutUdev()
                    ? Optional.empty()
                    : Optional.of(no(
                            "udev does not run, and without it devices come and go unsynchronised",
                            "Start systemd-udevd, or insist with dm.override_udev_sync_check=true"));
        } catch (IOException e) {
            return Optional.of(not("libdevmapper does not answer: " + e.getMessage(), "Install another version"));
        }
    }

    private Optional<Verdict> withoutLoopDevices() {
        if (!options.usesLoop()) {
            return Optional.empty();
        }
        var fd = linux.openat(
                FileCalls.AT_FDCWD, PathBytes.of(Path.of(LOOP_CONTROL)), FileCalls.O_RDWR | FileCalls.O_CLOEXEC, 0);
        if (fd >= 0) {
            linux.close(fd);
            evidence.add(new Evidence(LOOP_CONTROL, "can be opened"));
            return Optional.empty();
        }
        evidence.add(new Evidence(LOOP_CONTROL, Errno.message(-fd)));
        return Optional.of(no(
                "There are no loop devices to put a pool on: " + LOOP_CONTROL + ": " + Errno.message(-fd),
                "Load the module: modprobe loop; or give it a pool with dm.thinpooldev"));
    }

    private Optional<Verdict> withoutProgram() {
        var candidates = options.filesystem().map(List::of).orElse(List.of(BlockFilesystem.XFS, BlockFilesystem.EXT4));
        for (var candidate : candidates) {
            var program = candidate.maker();
            evidence.add(new Evidence(
                    "mkfs." + candidate.type(), program.map(Path::toString).orElse("not installed")));
            if (program.isPresent()) {
                return Optional.empty();
            }
        }
        return Optional.of(no(
                "The program mkfs." + candidates.get(0).type() + " is not in /usr/sbin or /sbin",
                "Install the package " + candidates.get(0).packageName()));
    }

    private Optional<Verdict> closed(StoreInfo info, Path folder) {
        if (info.access() == StoreInfo.Access.READ || Files.isWritable(folder)) {
            return Optional.empty();
        }
        return Optional.of(no(
                "The folder " + PathBytes.text(folder) + " cannot be written to",
                "Mount its filesystem for writing, or choose another root with --root"));
    }

    private Verdict no(String reason, String advice) {
        return Verdict.no(Outcome.PREREQUISITES, reason, advice, evidence);
    }

    private Verdict not(String reason, String advice) {
        return Verdict.no(Outcome.NOT_SUPPORTED, reason, advice, evidence);
    }

    /** The folder itself, or the nearest above it that is there. */
    private static Path existing(Path folder) {
        var at = folder;
        while (at.getParent() != null && !Files.exists(at)) {
            at = at.getParent();
        }
        return at;
    }
}
