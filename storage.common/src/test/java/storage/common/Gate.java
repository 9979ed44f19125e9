package storage.common;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.Set;
import storage.linux.Filesystems;
import storage.linux.Linux;
import storage.linux.Privilege;

/** The testkit's {@code Require}, which lies above this room and cannot be used in it. */
public final class Gate {
    private Gate() {}

    public static void root() {
        feature("root", isRoot(), "this needs root");
    }

    public static boolean isRoot() {
        return Linux.syscalls().geteuid() == 0 && Privilege.current().canMakeAnyFile();
    }

    public static boolean canMountOverlay() {
        return isRoot() && Privilege.current().canMount() && Filesystems.has("overlay");
    }

    public static void overlay() {
        root();
        feature("overlay", canMountOverlay(), "the kernel has no overlay, or we may not mount it");
    }

    public static void feature(String name, boolean there, String reason) {
        var demanded =
                Set.of(System.getProperty("storage.test.require", "").trim().split("\\s*,\\s*", -1));
        if (!there && (demanded.contains(name) || demanded.contains("all"))) {
            fail("Required by -Dstorage.test.require, but missing: " + name + ": " + reason);
        }
        if (!there) {
            abort("Skipped, " + name + ": " + reason);
        }
    }
}
