package storage.aufs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import storage.api.driver.GraphDriver;
import storage.linux.Syscalls;
import storage.testkit.Require;
import storage.testkit.store.StoreFactory;

/** The driver for the conformance kit: on the kernel's aufs where there is one, else on the fake. */
record AufsFactory(Path place) implements StoreFactory {
    private static final boolean IN_KERNEL = KernelAufs.find(new ArrayList<>());

    /** Fails where the kernel's own was asked for and there is only the fake. */
    static void refuseFakeIfDemanded() {
        if (List.of(System.getProperty(Require.PROPERTY, "").split(",", -1)).contains("aufs")) {
            Require.feature("aufs", IN_KERNEL, "the kernel has no aufs; see docs/drivers/aufs.md, Testing");
        }
    }

    /** Whether it is the real one. */
    static boolean isInKernel() {
        return IN_KERNEL;
    }

    @Override
    public GraphDriver driver(Syscalls linux) {
        return isInKernel() ? new AufsDriver(linux) : new FakeAufsDriver(linux);
    }

    /** The layer's own branch and those of its ancestors. */
    @Override
    public OptionalInt depth() {
        return OptionalInt.of(127);
    }

    @Override
    public int longestName() {
        return 242;
    }
}
