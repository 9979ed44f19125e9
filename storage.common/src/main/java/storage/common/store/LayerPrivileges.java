package storage.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.common.archive.FilePrivilegeRecord;
import storage.common.archive.PrivilegeRecord;
import storage.common.io.AtomicFile;
import storage.common.io.HomeFiles;
import storage.common.io.HomeFolder;
import storage.linux.Syscalls;

/** What the files of layers lack because an ordinary user may not make them so: one file a layer, where there is need. */
public final class LayerPrivileges {
    private final Syscalls linux;
    private final Path folder;
    private final HomeFiles files;

    public LayerPrivileges(Syscalls linux, StoreInfo info) {
        this.linux = linux;
        this.folder = info.state().resolve("privileges");
        this.files = new HomeFiles(linux, folder, info.idMaps());
    }

    Path file(LayerId id) {
        return folder.resolve(id.value());
    }

    /** A record to add to; empty where nothing is recorded. */
    public FilePrivilegeRecord load(LayerId id) throws IOException {
        return FilePrivilegeRecord.load(file(id));
    }

    public Optional<PrivilegeRecord> find(LayerId id) throws IOException {
        return files.exists(id.value()) ? Optional.of(load(id)) : Optional.empty();
    }

    /** Gives a layer the record of its parent. Mostly there is none. */
    public void hand(LayerId parent, LayerId id) throws IOException {
        if (files.exists(parent.value())) {
            save(id, load(parent));
        } else {
            remove(id);
        }
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
        files.unlink(id.value());
    }

    /** Moves a layer's record along with the layer. */
    public void setAside(LayerId id, Path place) throws IOException {
        if (files.exists(id.value())) {
            AtomicFile.rename(file(id), place.resolveSibling(place.getFileName() + ".privileges"));
        }
    }
}
