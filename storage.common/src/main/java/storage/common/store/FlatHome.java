package storage.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import storage.api.FileNames;
import storage.api.LayerCheck;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.common.io.HomeFiles;
import storage.common.io.HomeFolder;
import storage.linux.DirectoryStream;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.MountTable;
import storage.linux.MountWatch;
import storage.linux.PathBytes;
import storage.linux.ProcFd;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * A home with one folder that holds all layers, each as a folder of its own: {@code vfs/dir/ID},
 * {@code btrfs/subvolumes/ID}.
 */
public final class FlatHome implements AutoCloseable {
    /** What an engine makes in each home to set quotas through, on whatever filesystem. */
    private static final String QUOTA_DEVICE = "backingFsBlockDev";

    private static final int ROOT_MODE = 0755;

    private final Syscalls linux;
    private final StoreInfo info;
    private final String folder;
    private final Set<String> others;
    private final Path layers;
    private final MountWatch mounts;

    /** The folder of layers, held open once it is prepared. */
    private final HomeFiles files;

    /**
     * @param folder the name of the folder of layers
     * @param others names in the home that belong to the layout too
     */
    public FlatHome(Syscalls linux, StoreInfo info, String folder, Set<String> others) {
        this.linux = linux;
        this.info = info;
        this.folder = folder;
        this.others = Set.copyOf(others);
        this.layers = info.home().resolve(folder);
        this.files = new HomeFiles(linux, layers, info.idMaps());
        this.mounts = new MountWatch(linux);
    }

    /** Makes the folders and puts their modes right. */
    public void prepare() throws IOException {
        var ids = info.idMaps();
        HomeFolder.ensure(linux, info.home(), HomeFolder.HOME_MODE, ids.rootUid(), ids.rootGid());
        HomeFolder.ensure(linux, layers, HomeFolder.HOME_MODE, ids.rootUid(), ids.rootGid());
        files.hold();
        mounts.open();
    }

    /** The folder that all layers lie in; to be closed, which may leave it open for others. */
    public Fd layers() throws SyscallException {
        return files.openHome();
    }

    /** A layer's folder as a path. */
    public Path folder(LayerId id) {
        return layers.resolve(id.value());
    }

    /** A layer's folder. */
    public Fd open(LayerId id) throws SyscallException {
        return files.open(id.value());
    }

    public boolean exists(LayerId id) throws IOException {
        return files.isFolder(id.value());
    }

    public Set<LayerId> ids() throws IOException {
        var ids = new TreeSet<LayerId>();
        for (var entry : entries(layers)) {
            if (entry.isLayer()) {
                ids.add(new LayerId(entry.name()));
            }
        }
        return ids;
    }

    /** Names that are no layers: below the home, then below the folder of layers as {@code FOLDER/NAME}. */
    private List<String> strangers() throws IOException {
        var strangers = new ArrayList<String>();
        for (var entry : entries(info.home())) {
            if (!entry.name().equals(folder)
                    && !others.contains(entry.name())
                    && !entry.name().equals(QUOTA_DEVICE)) {
                strangers.add(entry.name());
            }
        }
        for (var entry : entries(layers)) {
            if (!entry.isLayer()) {
                strangers.add(folder + "/" + entry.name());
            }
        }
        return strangers;
    }

    /** The names that are no layers, as a backend's check tells them. */
    public List<LayerCheck.Finding> findings() throws IOException {
        var findings = new ArrayList<LayerCheck.Finding>();
        for (var stranger : strangers()) {
            findings.add(new LayerCheck.Finding(
                    "", stranger, "'" + stranger + "' in " + info.home() + " is no layer", true));
        }
        return findings;
    }

    /** Moves what is no layer to the quarantine. Answers a sentence each. */
    public List<String> setStrangersAside() throws IOException {
        var done = new ArrayList<String>();
        var quarantine = new Quarantine(linux, info);
        for (var stranger : strangers()) {
            var from = PathBytes.path(PathBytes.text(info.home()) + "/" + stranger);
            var place = quarantine.move(from, stranger.substring(stranger.lastIndexOf('/') + 1));
            done.add("Moved '" + stranger + "' to " + place);
        }
        return done;
    }

    /**
     * Gives the root of a layer without parent its owner and mode.
     *
     * @param privileged whether the process may give files away; else they stay its own
     */
    public void makeRoot(LayerId id, Fd root, boolean privileged) throws SyscallException {
        var path = folder(id).toString();
        if (privileged) {
            var uid = (int) info.idMaps().rootUid();
            var gid = (int) info.idMaps().rootGid();
            Errno.check(linux.fchown(root.number(), uid, gid), "fchown", path);
        }
        Errno.check(linux.fchmod(root.number(), ROOT_MODE), "fchmod", path);
    }

    /** Whether something is mounted in a layer, or on it. */
    public boolean isMounted(LayerId id) throws IOException {
        return mounts.mentions(id.value()) && mounted().contains(id);
    }

    /** Releases what this process has. */
    @Override
    public void close() {
        mounts.close();
        files.close();
    }

    /** The layers in which something is mounted, or on which. */
    public Set<LayerId> mounted() throws IOException {
        var mounted = new TreeSet<LayerId>();
        String top;
        try (var fd = layers()) {
            top = ProcFd.target(linux, fd.number()) + "/";
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

    private List<Entry> entries(Path directory) throws IOException {
        var entries = new ArrayList<Entry>();
        try (var fd = Fd.directory(linux, PathBytes.text(directory))) {
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

    private boolean isDirectory(Fd directory, int type, byte[] name) {
        if (type != DirectoryStream.DT_UNKNOWN) {
            return type == DirectoryStream.DT_DIR;
        }
        var stat = new Stat();
        return linux.stat(directory.number(), name, FileCalls.AT_SYMLINK_NOFOLLOW, stat) == 0 && stat.isDirectory();
    }
}
