package storage.loopback;

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
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Filesystems;
import storage.linux.FsMagic;
import storage.linux.Kernel;
import storage.linux.PathBytes;
import storage.linux.Privilege;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Judges whether the driver can work: privilege, loop devices, a filesystem and its mkfs, a folder that may be written to. */
final class LoopbackSupport {
    private static final String CONTROL = "/dev/loop-control";

    private final Syscalls linux;
    private final BlockFilesystem filesystem;
    private final List<Evidence> evidence = new ArrayList<>();

    LoopbackSupport(Syscalls linux, BlockFilesystem filesystem) {
        this.linux = linux;
        this.filesystem = filesystem;
    }

    Verdict examine(StoreInfo info) {
        var folder = existing(info.home());
        try {
            evidence.add(new Evidence("filesystem of " + PathBytes.text(folder), magic(folder)));
            var writing = info.access() == StoreInfo.Access.WRITE;
            return withoutPrivilege()
                    .or(this::withoutLoopDevices)
                    .or(this::withoutFilesystem)
                    .or(() -> writing ? withoutProgram() : Optional.empty())
                    .or(() -> writing ? closed(folder) : Optional.empty())
                    .orElseGet(() -> Verdict.supported(
                            "Keeps each layer as " + filesystem.type() + " in a file, on " + PathBytes.text(folder),
                            evidence));
        } catch (IOException | RuntimeException e) {
            var errno = e instanceof SyscallException call ? call.errno() : 0;
            return errno == Errno.EACCES || errno == Errno.EPERM
                    ? no(
                            "The home cannot be looked at: " + e.getMessage(),
                            "Run as root, or choose a root of your own with --root")
                    : Verdict.failed("The check of loopback failed: " + e.getMessage(), errno, evidence);
        }
    }

    private Optional<Verdict> withoutPrivilege() {
        var privilege = Privilege.current();
        evidence.add(new Evidence("privilege", privilege.canMount() ? "may mount" : "may not mount"));
        return privilege.canMount()
                ? Optional.empty()
                : Optional.of(no(
                        "Images can be mounted by root only, and this is user " + linux.geteuid(),
                        "Run as root; in a container, in a privileged one"));
    }

    private Optional<Verdict> withoutLoopDevices() {
        var fd = linux.openat(
                FileCalls.AT_FDCWD, PathBytes.of(Path.of(CONTROL)), FileCalls.O_RDWR | FileCalls.O_CLOEXEC, 0);
        if (fd >= 0) {
            linux.close(fd);
            evidence.add(new Evidence(CONTROL, "can be opened"));
            return Optional.empty();
        }
        evidence.add(new Evidence(CONTROL, Errno.message(-fd)));
        var missing = fd == -Errno.ENOENT || fd == -Errno.ENODEV || fd == -Errno.ENXIO;
        return Optional.of(no(
                "There are no loop devices here: " + CONTROL + ": " + Errno.message(-fd),
                missing
                        ? "Load the module: modprobe loop; in a container pass " + CONTROL + " and /dev/loop* through"
                        : "Give this process access to " + CONTROL + " and /dev/loop*"));
    }

    private Optional<Verdict> withoutFilesystem() {
        var type = filesystem.type();
        var known = Filesystems.has(type);
        var module = Path.of("/lib/modules", Kernel.release(), "kernel/fs", type);
        var loadable = !known && Files.isDirectory(module);
        evidence.add(new Evidence(
                "/proc/filesystems", known ? type : loadable ? type + " is a module, not loaded yet" : "no " + type));
        return known || loadable
                ? Optional.empty()
                : Optional.of(Verdict.no(
                        Outcome.NOT_SUPPORTED,
                        "This kernel lists no " + type,
                        "Load the module: modprobe " + type + "; or choose the other filesystem with loopback.fs",
                        evidence));
    }

    private Optional<Verdict> withoutProgram() {
        var program = filesystem.maker();
        var name = "mkfs." + filesystem.type();
        evidence.add(new Evidence(name, program.map(Path::toString).orElse("not installed")));
        return program.isPresent()
                ? Optional.empty()
                : Optional.of(no(
                        "The program " + name + " is not in /usr/sbin or /sbin",
                        "Install the package " + filesystem.packageName()));
    }

    private Optional<Verdict> closed(Path folder) {
        var writable = Files.isWritable(folder);
        evidence.add(new Evidence("access to " + PathBytes.text(folder), writable ? "may be written to" : "read-only"));
        return writable
                ? Optional.empty()
                : Optional.of(no(
                        "The folder " + PathBytes.text(folder) + " cannot be written to",
                        "Mount its filesystem for writing, or choose another root with --root"));
    }

    private Verdict no(String reason, String advice) {
        return Verdict.no(Outcome.PREREQUISITES, reason, advice, evidence);
    }

    /** The folder itself, or the nearest above it that is there. */
    private static Path existing(Path folder) {
        var at = folder;
        while (at.getParent() != null && !Files.exists(at)) {
            at = at.getParent();
        }
        return at;
    }

    private String magic(Path folder) throws IOException {
        var flags = FileCalls.O_PATH | FileCalls.O_DIRECTORY;
        try (var fd = Fd.open(linux, FileCalls.AT_FDCWD, PathBytes.text(folder), flags, 0)) {
            return FsMagic.of(linux, fd.number());
        }
    }
}
