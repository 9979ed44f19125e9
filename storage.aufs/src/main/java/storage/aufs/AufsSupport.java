package storage.aufs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.Verdict;
import storage.api.driver.Verdict.Evidence;
import storage.api.driver.Verdict.Outcome;
import storage.aufs.mount.Trial;
import storage.common.store.Unfit;
import storage.linux.Errno;
import storage.linux.FsMagic;
import storage.linux.PathBytes;
import storage.linux.Privilege;
import storage.linux.StatFs;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Judges whether the driver can work on a home: by what the kernel lists, and by trying. A home that holds layers can be read
 * without any aufs, because differences come from the branches.
 */
final class AufsSupport {
    private static final Set<Long> REFUSED = Set.of(FsMagic.AUFS, FsMagic.BTRFS, FsMagic.ECRYPTFS);

    /** Where unions keep inode numbers. */
    private static final Path SHM = Path.of("/dev/shm");

    private final Syscalls linux;
    private final Kernel kernel;

    AufsSupport(Syscalls linux, Kernel kernel) {
        this.linux = linux;
        this.kernel = kernel;
    }

    /** Tells whether the kernel has aufs, and adds what it looked at. */
    @FunctionalInterface
    interface Kernel {
        boolean hasAufs(List<Evidence> evidence);
    }

    /** Whether a home holds layers; asked only where it matters. */
    @FunctionalInterface
    interface LayersThere {
        boolean any() throws IOException;
    }

    /** The verdict, and what an opening of the home goes by. */
    record Answer(Verdict verdict, Features features) {
        /** The features, if the verdict allows. */
        Features orThrow() throws StorageException {
            Unfit.refuse(verdict);
            return features;
        }
    }

    Answer examine(StoreInfo info, LayersThere layers) {
        var evidence = new ArrayList<Evidence>();
        evidence.add(new Evidence("kernel", storage.linux.Kernel.release()));
        var there = kernel.hasAufs(evidence);
        var backing = "";
        try (var where = NearestFolder.of(linux, info.home())) {
            var magic = new StatFs();
            Errno.check(linux.fstatfs(where.number(), magic), "fstatfs", PathBytes.text(where.path()));
            backing = FsMagic.name(magic.type);
            evidence.add(new Evidence("filesystem of " + where.path(), backing));
            if (info.access() == StoreInfo.Access.READ && layers.any()) {
                return new Answer(readable(info, there, evidence), new Features(backing, there, false));
            }
            var refusal = refusal(where, magic.type, backing, there, evidence);
            if (refusal != null) {
                return new Answer(refusal, new Features(backing, there, false));
            }
            return tryOut(info, where, backing, evidence);
        } catch (SyscallException e) {
            return new Answer(failure(e, evidence), new Features(backing, there, false));
        } catch (IOException | RuntimeException e) {
            var verdict = Verdict.failed("The check of aufs failed: " + e.getMessage(), 0, evidence);
            return new Answer(verdict, new Features(backing, there, false));
        }
    }

    private static Verdict readable(StoreInfo info, boolean there, List<Evidence> evidence) {
        return Verdict.supported(
                there
                        ? "The aufs layers in " + info.home() + " can be read"
                        : "This kernel has no aufs filesystem: the layers in " + info.home()
                                + " can be listed, compared and exported, but not mounted",
                evidence);
    }

    /** What speaks against it before anything is tried; null for nothing. */
    private Verdict refusal(NearestFolder where, long magic, String backing, boolean there, List<Evidence> evidence) {
        var privilege = Privilege.current();
        evidence.add(new Evidence(
                "privilege",
                "user " + linux.geteuid()
                        + (privilege.has(Privilege.CAP_SYS_ADMIN) ? ", CAP_SYS_ADMIN" : ", no CAP_SYS_ADMIN")
                        + (privilege.initialNamespace() ? "" : ", in a user namespace")));
        if (!there) {
            return Verdict.no(
                    Outcome.NOT_SUPPORTED,
                    "This kernel has no aufs filesystem",
                    "Use a kernel that carries the aufs patch, or another driver; stores of this one can be read and"
                            + " exported without it",
                    evidence);
        }
        if (!privilege.initialNamespace()) {
            return Verdict.no(
                    Outcome.PREREQUISITES,
                    "Aufs cannot be used from within a user namespace",
                    "Run as root outside of any container, or use the vfs driver, which needs no privilege",
                    evidence);
        }
        if (REFUSED.contains(magic & 0xffffffffL)) {
            return Verdict.no(
                    Outcome.INCOMPATIBLE_FILESYSTEM,
                    "The aufs driver does not work on " + backing + ", on which " + where.path() + " lies",
                    "Choose a root on ext4 or xfs" + (magic == FsMagic.BTRFS ? ", or the btrfs driver" : ""),
                    evidence);
        }
        if (!privilege.canMount()) {
            return Verdict.no(
                    Outcome.PREREQUISITES,
                    "Mounting a union needs root (the capability CAP_SYS_ADMIN)",
                    "Run as root, or use the vfs driver, which needs no privilege",
                    evidence);
        }
        if (!Files.isDirectory(SHM)) {
            return Verdict.no(
                    Outcome.PREREQUISITES,
                    "There is no folder " + SHM + ", where unions keep inode numbers",
                    "Mount one: mkdir " + SHM + " && mount -t tmpfs tmpfs " + SHM,
                    evidence);
        }
        return null;
    }

    /** The trial mount, where anything can be written. */
    private Answer tryOut(StoreInfo info, NearestFolder where, String backing, List<Evidence> evidence)
            throws IOException {
        var sentence = "Unions by aufs work on " + backing + " in " + where.path();
        if (info.access() == StoreInfo.Access.READ) {
            return new Answer(Verdict.supported(sentence, evidence), new Features(backing, true, false));
        }
        try (var folder = NearestFolder.beside(linux, info, where)) {
            var dirperm1 = new Trial(linux).dirperm1(folder.fd());
            evidence.add(new Evidence("trial mount in " + folder.path(), "works"));
            evidence.add(new Evidence("dirperm1", dirperm1 ? "taken" : "not known to this kernel"));
            return new Answer(Verdict.supported(sentence, evidence), new Features(backing, true, dirperm1));
        }
    }

    private static Verdict failure(SyscallException e, List<Evidence> evidence) {
        var mount = e.call().equals("mount") && e.path().equals("of a trial union");
        evidence.add(new Evidence(mount ? "trial mount" : e.call(), e.getMessage()));
        return switch (e.errno()) {
            case Errno.EACCES, Errno.EPERM ->
                Verdict.no(
                        Outcome.PREREQUISITES,
                        mount ? "The kernel does not let this process try a union: " + e.getMessage() : e.getMessage(),
                        "Run as root outside of any container",
                        evidence);
            case Errno.EROFS ->
                Verdict.no(
                        Outcome.PREREQUISITES,
                        "Nothing can be written there: " + e.getMessage(),
                        "Remount the filesystem for writing, or choose a root on another",
                        evidence);
            case Errno.ENODEV ->
                Verdict.no(
                        Outcome.NOT_SUPPORTED,
                        "The kernel lists aufs but cannot mount it: " + e.getMessage(),
                        "Load the module: modprobe aufs",
                        evidence);
            case Errno.EINVAL, Errno.EOPNOTSUPP ->
                mount
                        ? Verdict.no(
                                Outcome.INCOMPATIBLE_FILESYSTEM,
                                "The kernel makes no union there: " + e.getMessage(),
                                "Choose a root on ext4 or xfs; the kernel's messages (dmesg) say more",
                                evidence)
                        : Verdict.failed("The check of aufs failed: " + e.getMessage(), e.errno(), evidence);
            default -> Verdict.failed("The check of aufs failed: " + e.getMessage(), e.errno(), evidence);
        };
    }
}
