package storage.common.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.common.io.AtomicFile;
import storage.common.io.HomeFolder;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/**
 * The folder for what a repair sets aside: {@code ROOT/storage/quarantine/DRIVER/NAME-N}. Nothing of ours ever deletes
 * from it.
 */
public final class Quarantine {
    private static final int MOST = 10_000;

    private final Syscalls linux;
    private final StoreInfo info;

    public Quarantine(Syscalls linux, StoreInfo info) {
        this.linux = linux;
        this.info = info;
    }

    /** A path that is free for something of that name. Its folder exists; the data root and it are one filesystem. */
    public Path place(String name) throws IOException {
        var folder = info.state()
                .resolveSibling("quarantine")
                .resolve(info.state().getFileName().toString());
        for (var part : List.of(folder.getParent(), folder)) {
            HomeFolder.ensure(linux, part, HomeFolder.STATE_MODE, linux.geteuid(), linux.getegid());
        }
        for (var n = 1; n <= MOST; n++) {
            var place = PathBytes.path(PathBytes.text(folder) + "/" + name + "-" + n);
            if (!Files.exists(place, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                return place;
            }
        }
        throw StorageException.of(
                StorageException.Kind.LIMIT_EXCEEDED,
                "The quarantine " + folder + " holds " + MOST + " things named " + name,
                "Look through it and remove what is not needed");
    }

    /** Moves a file or folder there. */
    public Path move(Path from, String name) throws IOException {
        var place = place(name);
        AtomicFile.rename(from, place);
        return place;
    }
}
