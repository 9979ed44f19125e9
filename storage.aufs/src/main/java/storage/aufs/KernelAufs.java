package storage.aufs;

import java.util.List;
import storage.api.driver.Verdict.Evidence;
import storage.linux.Filesystems;
import storage.linux.KernelModules;
import storage.linux.Privilege;

/** Looks for aufs in the kernel at hand. */
final class KernelAufs {
    private KernelAufs() {}

    /** Whether it is listed, after the module has been asked for. */
    static boolean find(List<Evidence> evidence) {
        if (!Filesystems.has("aufs") && Privilege.current().has(Privilege.CAP_SYS_MODULE)) {
            evidence.add(new Evidence("modprobe", KernelModules.load("aufs").message()));
        }
        var there = Filesystems.has("aufs");
        evidence.add(new Evidence("/proc/filesystems", there ? "aufs" : "no aufs"));
        return there;
    }
}
