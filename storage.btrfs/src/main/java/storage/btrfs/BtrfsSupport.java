package storage.btrfs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import storage.api.StoreInfo;
import storage.api.driver.Verdict;
import storage.api.driver.Verdict.Evidence;
import storage.api.driver.Verdict.Outcome;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Filesystems;
import storage.linux.FsMagic;
import storage.linux.Kernel;
import storage.linux.MountTable;
import storage.linux.PathBytes;
import storage.linux.Privilege;
import storage.linux.Stat;
import storage.linux.StatFs;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Judges whether the driver can work on a home, by the filesystem that it lies on or would lie on. */
final class BtrfsSupport {
    /** Lets users delete what they may create, btrfs(5). */
    private static final String USER_MAY_DELETE = "user_subvol_rm_allowed";

    private final Syscalls linux;

    BtrfsSupport(Syscalls linux) {
        this.linux = linux;
    }

    Verdict examine(StoreInfo info) {
        var evidence = new ArrayList<Evidence>();
        // btrfs has no version of its own: it is the kernel's
        evidence.add(new Evidence("btrfs of the kernel", Kernel.release()));
        try (var where = nearest(info.home())) {
            return judge(info, where, evidence);
        } catch (SyscallException e) {
            return e.errno() == Errno.EACCES || e.errno() == Errno.EPERM
                    ? Verdict.no(
                            Outcome.PREREQUISITES,
                            "The home cannot be looked at: " + e.getMessage(),
                            "Run as root, or choose a root of your own with --root",
                            evidence)
                    : Verdict.failed("The check of btrfs failed: " + e.getMessage(), e.errno(), evidence);
        } catch (IOException | RuntimeException e) {
            return Verdict.failed("The check of btrfs failed: " + e.getMessage(), 0, evidence);
        }
    }

    private Verdict judge(StoreInfo info, Place where, List<Evidence> evidence) throws IOException {
        var type = new StatFs();
        Errno.check(linux.fstatfs(where.fd().number(), type), "fstatfs", where.path());
        evidence.add(new Evidence("filesystem of " + where.path(), FsMagic.name(type.type)));
        if ((type.type & 0xffffffffL) != FsMagic.BTRFS) {
            return otherFilesystem(info, where, FsMagic.name(type.type), evidence);
        }
        var mount = mountOf(where);
        evidence.add(new Evidence("mount options", String.join(",", mount)));
        if (info.access() == StoreInfo.Access.READ) {
            return Verdict.supported("Snapshots on the btrfs of " + where.path(), evidence);
        }
        var privilege = Privilege.current();
        var privileged = privilege.has(Privilege.CAP_SYS_ADMIN) && privilege.initialNamespace();
        evidence.add(new Evidence(
                "privilege", "user " + linux.geteuid() + (privileged ? ", CAP_SYS_ADMIN" : ", no CAP_SYS_ADMIN")));
        if (!isWritable(where)) {
            return Verdict.no(
                    Outcome.PREREQUISITES,
                    "The folder " + where.path() + " cannot be written to",
                    mount.contains("ro")
                            ? "Mount the filesystem for writing: mount -o remount,rw"
                            : "Run as its owner or as root, or choose a root in a folder of your own with --root",
                    evidence);
        }
        if (!privileged && !mount.contains(USER_MAY_DELETE)) {
            return Verdict.no(
                    Outcome.PREREQUISITES,
                    "Without root, subvolumes on the btrfs of " + where.path() + " could be made but not deleted",
                    "Mount it with the option " + USER_MAY_DELETE + ", or run as root",
                    evidence);
        }
        return Verdict.supported(
                "Snapshots on the btrfs of " + where.path()
                        + (privileged ? "" : "; without root, so differences are found by comparing trees"),
                evidence);
    }

    private static Verdict otherFilesystem(StoreInfo info, Place where, String name, List<Evidence> evidence) {
        var known = Filesystems.has("btrfs");
        evidence.add(new Evidence("/proc/filesystems", known ? "btrfs" : "no btrfs"));
        return Verdict.no(
                Outcome.INCOMPATIBLE_FILESYSTEM,
                "The btrfs driver needs btrfs, and " + where.path() + " lies on " + name,
                "Mount a btrfs on " + PathBytes.text(info.root()) + " or choose a root on one with --root"
                        + (known ? "" : "; this kernel lists no btrfs yet: modprobe btrfs"),
                evidence);
    }

    /** Options of the mount and of its filesystem; none where the mount table does not tell. */
    private List<String> mountOf(Place where) throws IOException {
        var stat = new Stat();
        Errno.check(linux.stat(where.fd().number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat), "statx", where.path());
        var table = MountTable.read();
        var entry = stat.mount == 0 ? table.containing(where.path()) : table.byId(stat.mount);
        var options = new ArrayList<String>();
        entry.ifPresent(mount -> {
            options.addAll(mount.options());
            mount.superOptions().stream()
                    .filter(option -> !options.contains(option))
                    .forEach(options::add);
        });
        return options;
    }

    private static boolean isWritable(Place where) {
        return java.nio.file.Files.isWritable(PathBytes.path(where.path()));
    }

    /** A folder that is open. */
    private record Place(String path, Fd fd) implements AutoCloseable {
        @Override
        public void close() {
            fd.close();
        }
    }

    /** The home, or what is there of the path to it. */
    private Place nearest(Path home) throws SyscallException {
        for (var at = home; ; at = at.getParent()) {
            var flags = FileCalls.O_PATH | FileCalls.O_DIRECTORY | FileCalls.O_CLOEXEC;
            var fd = linux.openat(FileCalls.AT_FDCWD, PathBytes.of(at), flags, 0);
            if (fd != -Errno.ENOENT || at.getParent() == null) {
                return new Place(PathBytes.text(at), Fd.of(linux, Errno.check(fd, "openat", PathBytes.text(at))));
            }
        }
    }
}
