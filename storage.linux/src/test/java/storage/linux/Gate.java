package storage.linux;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.Set;

/** The testkit's {@code Require}, which lies above this room and cannot be used in it. */
final class Gate {
    private Gate() {}

    static void root() {
        feature("root", Linux.syscalls().geteuid() == 0 && Privilege.current().canMount(), "this needs root");
    }

    static void overlay() {
        root();
        feature("overlay", Filesystems.has("overlay"), "the kernel has no overlay");
    }

    private static void feature(String name, boolean there, String reason) {
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
