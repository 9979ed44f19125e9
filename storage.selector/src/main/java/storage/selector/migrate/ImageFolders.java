package storage.selector.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import storage.api.StoreInfo;
import storage.common.io.AtomicFile;
import storage.common.io.HomeFolder;
import storage.common.tree.TreeCopy;
import storage.common.tree.TreeRemoval;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Syscalls;
import storage.selector.state.Quarantine;

/**
 * The metadata of the images, which lies in a folder of its own for each driver, as an engine keeps it. It names layers by
 * their ids, which stay: it is copied as it is, beside its place, and put into place at the switch.
 */
final class ImageFolders {
    private final Syscalls linux;
    private final StoreInfo from;
    private final StoreInfo to;
    private final Path copy;

    ImageFolders(Syscalls linux, StoreInfo from, StoreInfo to) {
        this.linux = linux;
        this.from = from;
        this.to = to;
        copy = to.image().resolveSibling("." + to.image().getFileName() + ".migrating");
    }

    /** Copies the old folder, if there is one, anew. */
    void copy() throws IOException {
        removeCopy();
        if (!Files.isDirectory(from.image(), LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        HomeFolder.ensure(linux, copy, HomeFolder.STATE_MODE, linux.geteuid(), linux.getegid());
        try (var source = Fd.directory(linux, PathBytes.text(from.image()));
                var target = Fd.directory(linux, PathBytes.text(copy))) {
            TreeCopy.copy(linux, source.number(), target.number(), TreeCopy.Mode.CONTENT);
            Errno.check(linux.syncfs(target.number()), "syncfs", copy.toString());
        }
    }

    /** Puts the copy in its place. What lies there belongs to no layer: it is set aside. Can be called again. */
    void place() throws IOException {
        if (!Files.isDirectory(copy, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.exists(to.image(), LinkOption.NOFOLLOW_LINKS)) {
            Quarantine.of(to.root()).take(to.image());
        }
        AtomicFile.rename(copy, to.image());
        AtomicFile.syncFolder(copy.getParent());
    }

    void removeCopy() throws IOException {
        TreeRemoval.remove(linux, FileCalls.AT_FDCWD, PathBytes.of(copy));
    }
}
