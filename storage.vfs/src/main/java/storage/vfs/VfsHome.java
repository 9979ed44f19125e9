package storage.vfs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import storage.api.FileNames;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.common.io.HomeFolder;
import storage.linux.DirectoryStream;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.MountTable;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** The home's layout, the engine's: {@code vfs/dir/ID}, and nothing else. */
final class VfsHome {
    /** What an engine makes in each home to set quotas through, on whatever filesystem. */
    private static final String QUOTA_DEVICE = "backingFsBlockDev";

    private final Syscalls linux;
    private final StoreInfo info;
    private final Path layers;

    VfsHome(Syscalls linux, StoreInfo info) {
        this.linux = linux;
        this.info = info;
        this.layers = info.home().resolve("dir");
    }

    /** Makes the folders and puts their modes right. */
    void prepare() throws IOException {
        var ids = info.idMaps();
        HomeFolder.ensure(linux, info.home(), HomeFolder.HOME_MODE, ids.rootUid(), ids.rootGid());
        HomeFolder.ensure(linux, layers, HomeFolder.HOME_MODE, ids.rootUid(), ids.rootGid());
    }

    /** The folder that all layers lie in. */
    Fd layers() throws SyscallException {
        return Fd.open(
                linux, FileCalls.AT_FDCWD, PathBytes.text(layers), FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, 0);
    }

    /** A layer's folder as a path. */
    Path folder(LayerId id) {
        return layers.resolve(id.value());
    }

    /** A layer's folder. */
    Fd open(LayerId id) throws SyscallException {
        return Fd.directory(linux, PathBytes.text(folder(id)));
    }

    boolean exists(LayerId id) throws SyscallException {
        var stat = new Stat();
        var result = linux.stat(FileCalls.AT_FDCWD, PathBytes.of(folder(id)), FileCalls.AT_SYMLINK_NOFOLLOW, stat);
        if (result == -Errno.ENOENT || result == -Errno.ENOTDIR) {
            return false;
        }
        Errno.check(result, "stat", folder(id).toString());
        return stat.isDirectory();
    }

    Set<LayerId> ids() throws IOException {
        var ids = new TreeSet<LayerId>();
        for (var entry : entries(layers)) {
            if (entry.isLayer()) {
                ids.add(new LayerId(entry.name()));
            }
        }
        return ids;
    }

    /** Names that are no layers: below the home, then {@code dir/NAME} below the folder of layers. */
    List<String> strangers() throws IOException {
        var strangers = new ArrayList<String>();
        for (var entry : entries(info.home())) {
            if (!entry.name().equals("dir") && !entry.name().equals(QUOTA_DEVICE)) {
                strangers.add(entry.name());
            }
        }
        for (var entry : entries(layers)) {
            if (!entry.isLayer()) {
                strangers.add("dir/" + entry.name());
            }
        }
        return strangers;
    }

    /** The layers in which something is mounted, or on which. */
    Set<LayerId> mounted() throws IOException {
        var mounted = new TreeSet<LayerId>();
        String top;
        try (var fd = layers()) {
            top = storage.linux.ProcFd.target(linux, fd.number()) + "/";
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT) {
                return mounted;
            }
            throw e;
        }
        for (var mount : MountTable.read().entries()) {
            if (mount.mountPoint().startsWith(top)) {
                var name = mount.mountPoint().substring(top.length()).split("/", 2)[0];
                if (LayerId.isValid(name)) {
                    mounted.add(new LayerId(name));
                }
            }
        }
        return mounted;
    }

    private record Entry(String name, boolean directory) {
        boolean isLayer() {
            return directory && LayerId.isValid(name);
        }
    }

    private List<Entry> entries(Path folder) throws IOException {
        var entries = new ArrayList<Entry>();
        try (var fd = Fd.directory(linux, PathBytes.text(folder))) {
            var stream = new DirectoryStream(linux, fd.number());
            while (stream.next()) {
                var name = stream.name();
                entries.add(new Entry(FileNames.decode(name), isDirectory(fd, stream.type(), name)));
            }
        } catch (SyscallException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
        return entries;
    }

    private boolean isDirectory(Fd folder, int type, byte[] name) {
        if (type != DirectoryStream.DT_UNKNOWN) {
            return type == DirectoryStream.DT_DIR;
        }
        var stat = new Stat();
        return linux.stat(folder.number(), name, FileCalls.AT_SYMLINK_NOFOLLOW, stat) == 0 && stat.isDirectory();
    }
}
