package storage.overlay.support;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.Verdict;
import storage.api.driver.Verdict.Evidence;
import storage.api.driver.Verdict.Outcome;
import storage.common.store.Unfit;
import storage.linux.DirectoryStream;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Filesystems;
import storage.linux.FsMagic;
import storage.linux.Kernel;
import storage.linux.KernelModules;
import storage.linux.PathBytes;
import storage.linux.Privilege;
import storage.linux.Stat;
import storage.linux.StatFs;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Judges whether an overlay driver can work on a home: by what the kernel lists, and by trying. */
public final class OverlaySupport {
    private final Syscalls linux;
    private final String driver;
    private final Set<Long> refused;

    /**
     * @param driver the name, for sentences
     * @param refused magic numbers of the filesystems that do not suit it, see {@link FsMagic}
     */
    public OverlaySupport(Syscalls linux, String driver, Set<Long> refused) {
        this.linux = linux;
        this.driver = driver;
        this.refused = Set.copyOf(refused);
    }

    /** Whether a home holds layers; asked only where it matters. */
    @FunctionalInterface
    public interface LayersThere {
        boolean any() throws IOException;
    }

    /** The verdict, and what an opening of the home goes by. */
    public record Answer(Verdict verdict, Features features) {
        /** The features, if the verdict allows. */
        public Features orThrow() throws StorageException {
            Unfit.refuse(verdict);
            return features;
        }
    }

    /**
     * Looks at everything.
     *
     * @param layers whether the home holds layers already: then it is not refused for what it has lived with
     */
    public Answer examine(StoreInfo info, LayersThere layers) {
        var evidence = new ArrayList<Evidence>();
        evidence.add(new Evidence("kernel", Kernel.release()));
        var backing = "";
        try (var where = nearest(info.home())) {
            var magic = new StatFs();
            Errno.check(linux.fstatfs(where.fd().number(), magic), "fstatfs", PathBytes.text(where.path()));
            backing = FsMagic.name(magic.type);
            evidence.add(new Evidence("filesystem of " + where.path(), backing));
            return examine(info, layers, where, magic.type, backing, evidence);
        } catch (SyscallException e) {
            var verdict = e.errno() == Errno.EACCES || e.errno() == Errno.EPERM
                    ? Verdict.no(Outcome.PREREQUISITES, e.getMessage(), "Run as root", evidence)
                    : Verdict.failed("The check of " + driver + " failed: " + e.getMessage(), e.errno(), evidence);
            return new Answer(verdict, new Features(backing, false, false, List.of()));
        } catch (IOException | RuntimeException e) {
            var verdict = Verdict.failed("The check of " + driver + " failed: " + e.getMessage(), 0, evidence);
            return new Answer(verdict, new Features(backing, false, false, List.of()));
        }
    }

    private Answer examine(
            StoreInfo info, LayersThere layers, Place where, long magic, String backing, List<Evidence> evidence)
            throws IOException {
        var options = KernelSettings.mountOptions();
        var none = new Features(backing, false, false, options);
        if (!isInKernel(evidence)) {
            return new Answer(
                    Verdict.no(
                            Outcome.NOT_SUPPORTED,
                            "This kernel has no overlay filesystem",
                            "Load the module: modprobe overlay, or use a kernel with CONFIG_OVERLAY_FS",
                            evidence),
                    none);
        }
        if (refused.contains(magic & 0xffffffffL)) {
            return new Answer(
                    Verdict.no(
                            Outcome.INCOMPATIBLE_FILESYSTEM,
                            "The " + driver + " driver does not work on " + backing + ", on which " + where.path()
                                    + " lies",
                            "Choose a root on ext4 or xfs" + (magic == FsMagic.BTRFS ? ", or the btrfs driver" : ""),
                            evidence),
                    none);
        }
        evidence.add(KernelSettings.evidence());
        var privilege = Privilege.current();
        evidence.add(new Evidence(
                "privilege",
                "user " + linux.geteuid()
                        + (privilege.has(Privilege.CAP_SYS_ADMIN) ? ", CAP_SYS_ADMIN" : ", no CAP_SYS_ADMIN")
                        + (privilege.initialNamespace() ? "" : ", in a user namespace")));
        if (!privilege.canMount()) {
            return new Answer(
                    Verdict.no(
                            Outcome.PREREQUISITES,
                            privilege.has(Privilege.CAP_SYS_ADMIN)
                                    ? "Overlays cannot be mounted from within a user namespace as this driver needs them"
                                    : "Mounting an overlay needs root (the capability CAP_SYS_ADMIN)",
                            "Run as root, or use the vfs driver, which needs no privilege",
                            evidence),
                    none);
        }
        return tryOut(
                info, layers, where, new Features(backing, true, !KernelSettings.spoilNativeDiff(), options), evidence);
    }

    private static boolean isInKernel(List<Evidence> evidence) {
        var there = Filesystems.has("overlay");
        evidence.add(new Evidence("/proc/filesystems", there ? "overlay" : "no overlay"));
        if (!there && Privilege.current().has(Privilege.CAP_SYS_MODULE)) {
            evidence.add(new Evidence("modprobe", KernelModules.load("overlay").message()));
            there = Filesystems.has("overlay");
            evidence.add(new Evidence("/proc/filesystems", there ? "overlay" : "no overlay"));
        }
        return there;
    }

    /** The trial mount, where anything can be written; a reader of a store goes by the settings and by what is there. */
    private Answer tryOut(StoreInfo info, LayersThere layers, Place where, Features listed, List<Evidence> evidence)
            throws IOException {
        var features = listed;
        if (info.access() == StoreInfo.Access.WRITE) {
            try (var probed = probePlace(info, where)) {
                var result = new SupportProbe(linux, listed.mountOptions()).run(probed.fd());
                evidence.add(new Evidence("trial mount in " + probed.path(), result.findings()));
                features = new Features(
                        listed.backing(), result.typesInNames(), result.nativeDiff(), listed.mountOptions());
            } catch (SyscallException e) {
                evidence.add(new Evidence("trial mount", e.getMessage()));
                if (!isReadOnly(e)) {
                    return new Answer(refusal(e, where, listed.backing(), evidence), listed);
                }
                if (e.errno() == Errno.EROFS && !layers.any()) {
                    return new Answer(
                            Verdict.no(
                                    Outcome.PREREQUISITES,
                                    "The filesystem of " + where.path() + " is read-only",
                                    "Remount it for writing, or choose a root on another",
                                    evidence),
                            listed);
                }
            }
        } else {
            features =
                    new Features(listed.backing(), tellsTypes(where.fd()), listed.nativeDiff(), listed.mountOptions());
        }
        evidence.add(new Evidence("d_type", String.valueOf(features.typesInNames())));
        return new Answer(judge(features, layers, where, evidence), features);
    }

    private Verdict judge(Features features, LayersThere layers, Place where, List<Evidence> evidence)
            throws IOException {
        if (features.typesInNames()) {
            return Verdict.supported("Overlays work on " + features.backing() + " in " + where.path(), evidence);
        }
        var reason = "The filesystem of " + where.path() + " (" + features.backing()
                + ") does not tell the types of files in directories (d_type)";
        return layers.any()
                ? Verdict.supported(reason + "; allowed only because there are layers already", evidence)
                : Verdict.no(
                        Outcome.INCOMPATIBLE_FILESYSTEM,
                        reason,
                        "Make the filesystem anew with d_type (mkfs.xfs -n ftype=1), or choose a root on another",
                        evidence);
    }

    private static boolean isReadOnly(SyscallException e) {
        return !e.call().startsWith("mount")
                && (e.errno() == Errno.EROFS || e.errno() == Errno.ENOSPC || e.errno() == Errno.EDQUOT);
    }

    private Verdict refusal(SyscallException e, Place where, String backing, List<Evidence> evidence) {
        return switch (e.errno()) {
            case Errno.EPERM, Errno.EACCES ->
                Verdict.no(
                        Outcome.PREREQUISITES,
                        "The kernel does not let this process try an overlay: " + e.getMessage(),
                        "Run as root outside of any container",
                        evidence);
            case Errno.ENODEV ->
                Verdict.no(
                        Outcome.NOT_SUPPORTED,
                        "The kernel lists overlay but cannot mount it: " + e.getMessage(),
                        "Load the module: modprobe overlay",
                        evidence);
            case Errno.EINVAL, Errno.EOPNOTSUPP ->
                Verdict.no(
                        Outcome.INCOMPATIBLE_FILESYSTEM,
                        "The kernel makes no overlay on " + backing + " in " + where.path() + ": " + e.getMessage(),
                        "Choose a root on ext4 or xfs",
                        evidence);
            default -> Verdict.failed("The trial overlay failed: " + e.getMessage(), e.errno(), evidence);
        };
    }

    private boolean tellsTypes(Fd folder) throws IOException {
        var entries = new DirectoryStream(linux, folder.number());
        return !entries.next() || entries.type() != DirectoryStream.DT_UNKNOWN;
    }

    /** A folder that is open. */
    private record Place(Path path, Fd fd) implements AutoCloseable {
        @Override
        public void close() {
            fd.close();
        }
    }

    /** The home, or what is there of the path to it. */
    private Place nearest(Path home) throws IOException {
        for (var at = home; ; at = at.getParent()) {
            var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_CLOEXEC;
            var fd = linux.openat(FileCalls.AT_FDCWD, PathBytes.of(at), flags, 0);
            if (fd != -Errno.ENOENT || at.getParent() == null) {
                return new Place(at, Fd.of(linux, Errno.check(fd, "openat", PathBytes.text(at))));
            }
        }
    }

    /** Beside the home rather than in it, if that is the same filesystem: a home is the engine's. */
    private Place probePlace(StoreInfo info, Place where) throws IOException {
        if (!where.path().equals(info.home())) {
            return nearest(where.path());
        }
        var root = nearest(info.root());
        if (device(root) == device(where)) {
            return root;
        }
        root.close();
        return nearest(where.path());
    }

    private long device(Place place) throws IOException {
        var stat = new Stat();
        var result = linux.stat(place.fd().number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat);
        Errno.check(result, "stat", PathBytes.text(place.path()));
        return stat.device;
    }
}
