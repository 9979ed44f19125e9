package storage.aufs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.common.io.HomeFiles;
import storage.common.store.Quarantine;
import storage.common.store.Rollback;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Clears away what interrupted work has left, and moves out of the home what belongs to nobody. */
final class Leftovers {
    private static final Logger log = LoggerFactory.getLogger(Leftovers.class);

    private final Syscalls linux;
    private final StoreInfo info;
    private final HomeFiles files;

    Leftovers(Syscalls linux, StoreInfo info, HomeFiles files) {
        this.linux = linux;
        this.info = info;
        this.files = files;
    }

    /** Removes the folders that interrupted removals have renamed. One that cannot be removed does no harm. */
    void finishRemovals() throws IOException {
        for (var folder : List.of(AufsFolders.MNT, AufsFolders.DIFF)) {
            for (var name : files.folders(folder)) {
                if (AufsFolders.isRemoving(name)) {
                    finish(folder + "/" + name);
                }
            }
        }
    }

    private void finish(String folder) {
        try {
            files.removeTree(folder);
            log.info("Removed {}, which an interrupted removal had left", files.text(folder));
        } catch (IOException e) {
            log.warn("The folder {}, left by an interrupted removal, cannot be removed: {}", folder, e.getMessage());
        }
    }

    /** A branch without a layer: an engine was cut off while it made or removed one. It would show in a new layer. */
    void setBranchAside(LayerId id) throws IOException {
        if (files.exists(AufsFolders.diff(id))) {
            new Quarantine(linux, info).move(files.path(AufsFolders.diff(id)), id + "-diff");
        }
    }

    /**
     * Moves a layer away as a folder that holds its file {@code layers} and its branch {@code diff}.
     *
     * @return false if it cannot be moved there
     */
    boolean setAside(LayerId id, Path place) throws IOException {
        Errno.check(linux.mkdirat(FileCalls.AT_FDCWD, PathBytes.of(place), 0700), "mkdirat", place.toString());
        try (var undo = new Rollback()) {
            undo.add(() -> linux.unlinkat(FileCalls.AT_FDCWD, PathBytes.of(place), FileCalls.AT_REMOVEDIR));
            if (!move(AufsFolders.layer(id), place.resolve("layers"))) {
                return false;
            }
            undo.add(() -> move(place.resolve("layers"), AufsFolders.layer(id)));
            if (files.exists(AufsFolders.diff(id)) && !move(AufsFolders.diff(id), place.resolve("diff"))) {
                return false;
            }
            undo.keep();
        }
        files.removeFolder(AufsFolders.mnt(id));
        return true;
    }

    private boolean move(String from, Path to) throws SyscallException {
        return rename(files.bytes(from), PathBytes.of(to), files.text(from));
    }

    private boolean move(Path from, String to) throws SyscallException {
        return rename(PathBytes.of(from), files.bytes(to), files.text(to));
    }

    private boolean rename(byte[] from, byte[] to, String what) throws SyscallException {
        var result = linux.renameat2(FileCalls.AT_FDCWD, from, FileCalls.AT_FDCWD, to, 0);
        if (result == -Errno.EXDEV || result == -Errno.EBUSY) {
            return false;
        }
        Errno.check(result, "renameat2", what);
        return true;
    }
}
