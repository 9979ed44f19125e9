package storage.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import storage.api.FileNames;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.common.archive.FilePrivilegeRecord;
import storage.common.archive.PrivilegeRecord;
import storage.common.io.AtomicFile;
import storage.common.io.HomeFolder;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;

/** What the files of layers lack because an ordinary user may not make them so: one file a layer, where there is need. */
public final class LayerPrivileges {
    private final Syscalls linux;
    private final Path folder;

    public LayerPrivileges(Syscalls linux, StoreInfo info) {
        this.linux = linux;
        this.folder = info.state().resolve("privileges");
    }

    Path file(LayerId id) {
        return folder.resolve(id.value());
    }

    /** A record to add to; empty where nothing is recorded. */
    public FilePrivilegeRecord load(LayerId id) throws IOException {
        return FilePrivilegeRecord.load(file(id));
    }

    public Optional<PrivilegeRecord> find(LayerId id) throws IOException {
        return exists(id) ? Optional.of(load(id)) : Optional.empty();
    }

    /** Gives a layer the record of its parent. Mostly there is none. */
    public void hand(LayerId parent, LayerId id) throws IOException {
        if (exists(parent)) {
            save(id, load(parent));
        } else {
            remove(id);
        }
    }

    private boolean exists(LayerId id) throws IOException {
        var path = PathBytes.of(file(id));
        var result = linux.stat(FileCalls.AT_FDCWD, path, FileCalls.AT_SYMLINK_NOFOLLOW, new Stat());
        if (result == -Errno.ENOENT || result == -Errno.ENOTDIR) {
            return false;
        }
        Errno.check(result, "stat", FileNames.decode(path));
        return true;
    }

    public void save(LayerId id, FilePrivilegeRecord record) throws IOException {
        if (record.isEmpty()) {
            remove(id);
            return;
        }
        HomeFolder.ensure(linux, folder, HomeFolder.STATE_MODE, linux.geteuid(), linux.getegid());
        record.save(file(id));
    }

    public void remove(LayerId id) throws IOException {
        var path = PathBytes.of(file(id));
        var result = linux.unlinkat(FileCalls.AT_FDCWD, path, 0);
        if (result != -Errno.ENOENT && result != -Errno.ENOTDIR) {
            Errno.check(result, "unlinkat", FileNames.decode(path));
        }
    }

    /** Moves a layer's record along with the layer. */
    public void setAside(LayerId id, Path place) throws IOException {
        if (exists(id)) {
            AtomicFile.rename(file(id), place.resolveSibling(place.getFileName() + ".privileges"));
        }
    }
}
