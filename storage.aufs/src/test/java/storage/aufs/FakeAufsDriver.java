package storage.aufs;

import java.util.List;
import java.util.Set;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;
import storage.api.driver.Verdict.Evidence;
import storage.aufs.fake.FakeAufs;
import storage.linux.Syscalls;

/** The driver on a kernel that pretends to have aufs. */
public final class FakeAufsDriver implements GraphDriver {
    private final AufsDriver driver;

    public FakeAufsDriver(Syscalls linux) {
        this(linux, FakeAufs.Build.USUAL);
    }

    public FakeAufsDriver(Syscalls linux, FakeAufs.Build build) {
        this.driver = new AufsDriver(FakeAufs.around(linux, build), FakeAufsDriver::pretend);
    }

    private static boolean pretend(List<Evidence> evidence) {
        return evidence.add(new Evidence("/proc/filesystems", "aufs, a fake"));
    }

    @Override
    public String name() {
        return driver.name();
    }

    @Override
    public Verdict check(DriverHome home) {
        return driver.check(home);
    }

    @Override
    public Set<LayerId> layers(DriverHome home) throws StorageException {
        return driver.layers(home);
    }

    @Override
    public LayerStore open(DriverHome home) throws StorageException {
        return driver.open(home);
    }
}
