package storage.btrfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import storage.api.driver.GraphDriver;
import storage.btrfs.kernel.Subvolumes;
import storage.linux.Fd;
import storage.linux.Linux;
import storage.linux.Syscalls;
import storage.testkit.store.StoreFactory;

/** What the kit has to know of this backend. */
record BtrfsFactory(Path place) implements StoreFactory {
    @Override
    public GraphDriver driver(Syscalls linux) {
        return new BtrfsDriver(linux);
    }

    @Override
    public boolean mounts() {
        return false;
    }

    @Override
    public boolean readOnlyImages() {
        return true;
    }

    @Override
    public boolean linksParents() {
        return false;
    }

    /** Read-only subvolumes are emptied by nobody. */
    @Override
    public void beforeRemoval(Path root) throws IOException {
        var linux = Linux.syscalls();
        var subvolumes = new Subvolumes(linux);
        for (var place : List.of("btrfs/subvolumes", "storage/quarantine/btrfs")) {
            if (Files.isDirectory(root.resolve(place))) {
                clear(linux, subvolumes, root.resolve(place));
            }
        }
    }

    private static void clear(Syscalls linux, Subvolumes subvolumes, Path place) throws IOException {
        try (var paths = Files.newDirectoryStream(
                place, path -> Files.isDirectory(path, java.nio.file.LinkOption.NOFOLLOW_LINKS))) {
            for (var path : paths) {
                try (var fd = Fd.directory(linux, path.toString())) {
                    if (subvolumes.isSubvolume(fd.number())) {
                        subvolumes.setReadOnly(fd.number(), false);
                    }
                }
            }
        }
    }
}
