package storage.vfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;
import storage.api.driver.Verdict.Evidence;
import storage.common.archive.LimitOptions;
import storage.common.store.FlatHome;
import storage.common.store.RecordedLayerStore;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.FsMagic;
import storage.linux.PathBytes;
import storage.linux.Privilege;
import storage.linux.Syscalls;

/**
 * The backend that works everywhere: each layer is a folder with a full copy of its parent. Needs no privilege, no kernel
 * feature and no particular filesystem; where the filesystem can share blocks between files, copies share them.
 */
@Component(
        service = GraphDriver.class,
        property = {"storage.driver.name=vfs", "priority:Integer=100"})
public final class VfsDriver implements GraphDriver {
    private final Syscalls linux;

    @Activate
    public VfsDriver(@Reference Syscalls linux) {
        this.linux = linux;
    }

    @Override
    public String name() {
        return "vfs";
    }

    @Override
    public Verdict check(DriverHome home) {
        var folder = existing(home.info(this).home());
        var filesystem = new Evidence("filesystem of " + PathBytes.text(folder), filesystem(folder));
        var writable = Files.isWritable(folder);
        var privileged = Privilege.current().canMakeAnyFile();
        var evidence = List.of(
                filesystem,
                new Evidence("access to " + PathBytes.text(folder), writable ? "may be written to" : "read-only"),
                new Evidence("privilege", privileged ? "all owners and devices can be made" : "an ordinary user's"));
        if (!writable) {
            return Verdict.no(
                    Verdict.Outcome.PREREQUISITES,
                    "The folder " + PathBytes.text(folder) + " cannot be written to",
                    "Run as its owner or as root, or choose a root in a folder of your own with --root",
                    evidence);
        }
        return Verdict.supported(
                privileged
                        ? "Copies whole trees, which works on every filesystem"
                        : "Copies whole trees, which works without privilege; owners and devices are recorded instead",
                evidence);
    }

    /** The folder itself, or the nearest above it that is there. */
    private static Path existing(Path folder) {
        var at = folder;
        while (at.getParent() != null && !Files.exists(at)) {
            at = at.getParent();
        }
        return at;
    }

    private String filesystem(Path folder) {
        try (var fd = Fd.open(
                linux, FileCalls.AT_FDCWD, PathBytes.text(folder), FileCalls.O_PATH | FileCalls.O_DIRECTORY, 0)) {
            return FsMagic.of(linux, fd.number());
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Override
    public Set<LayerId> layers(DriverHome home) throws StorageException {
        try {
            return home(home.info(this)).ids();
        } catch (IOException e) {
            throw StorageException.of(
                            StorageException.Kind.IO,
                            "Could not list the layers in " + home.info(this).home() + ": " + e.getMessage())
                    .causedBy(e);
        }
    }

    @Override
    public LayerStore open(DriverHome home) throws StorageException {
        var options = LimitOptions.of(home.options());
        if (!options.others().isEmpty()) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The driver vfs does not know the option "
                            + String.join(
                                    ", ",
                                    options.others().keySet().stream().sorted().toList()),
                    "Leave it out: vfs takes no options but the limits of archives");
        }
        var info = home.info(this);
        return RecordedLayerStore.open(linux, info, new VfsBackend(linux, info, home(info), options.limits()));
    }

    private FlatHome home(StoreInfo info) {
        return new FlatHome(linux, info, "dir", Set.of());
    }
}
