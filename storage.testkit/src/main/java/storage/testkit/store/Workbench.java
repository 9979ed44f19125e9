package storage.testkit.store;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.linux.Linux;
import storage.linux.PathBytes;
import storage.linux.Syscalls;
import storage.testkit.NothingLeft;
import storage.testkit.Require;
import storage.testkit.tree.TreeMaker;
import storage.testkit.tree.TreeText;

/** One test's root, the stores opened on it, and short words for what tests do all the time. */
public final class Workbench implements AutoCloseable {
    /** Something done to the tree of a mounted layer. */
    @FunctionalInterface
    public interface Edit {
        void to(TreeMaker tree) throws IOException;
    }

    private final Syscalls linux = Linux.syscalls();
    private final StoreFactory factory;
    private final Setting setting;
    private final Path folder;
    private final Path root;
    private final List<LayerStore> opened = new ArrayList<>();
    private final List<Path> roots = new ArrayList<>();
    private LayerStore store;

    public Workbench(StoreFactory factory, Setting setting) throws IOException {
        this.factory = factory;
        this.setting = setting;
        this.folder = Files.createTempDirectory(factory.place().toRealPath(), "kit-");
        this.root = root(setting.rootName());
    }

    public Syscalls linux() {
        return linux;
    }

    public StoreFactory factory() {
        return factory;
    }

    public Setting setting() {
        return setting;
    }

    /** The data root of the test; not there until a store is opened. */
    public Path root() {
        return root;
    }

    /** Another data root, on the same filesystem. */
    public Path root(String name) {
        var other = folder.resolve(name);
        roots.add(other);
        return other;
    }

    /** Removes a data root of which the stores are closed, and insists that nothing of theirs is left. */
    public void removeRoot(String name) throws IOException {
        var done = folder.resolve(name);
        roots.remove(done);
        takeDown(done);
        NothingLeft.assertBelow(done);
        factory.beforeRemoval(done);
        new TreeMaker(linux, folder).remove(name);
    }

    /** The store of the test, opened for writing when first asked for. */
    public LayerStore store() throws StorageException {
        if (store == null) {
            store = open();
        }
        return store;
    }

    /** A store on the test's root. */
    public LayerStore open() throws StorageException {
        return open(linux, root, StoreInfo.Access.WRITE);
    }

    /** A store on the test's root, for reading. */
    public LayerStore openReading() throws StorageException {
        return open(linux, root, StoreInfo.Access.READ);
    }

    public LayerStore open(Syscalls calls, Path at, StoreInfo.Access access) throws StorageException {
        var home = home(at, access);
        var result = driver(calls).open(home);
        opened.add(result);
        return result;
    }

    /** A store on a root of its own, with driver options beside those of the factory. */
    public LayerStore open(String rootName, Map<String, String> more) throws StorageException {
        var options = new HashMap<>(factory.options());
        options.putAll(more);
        var home = new DriverHome(root(rootName), options, setting.ids().maps(), StoreInfo.Access.WRITE);
        var result = driver(linux).open(home);
        opened.add(result);
        return result;
    }

    /** A new driver on the setting's kernel, of which these are the calls. */
    public GraphDriver driver(Syscalls calls) {
        return factory.driver(setting.kernel().form().apply(calls));
    }

    public DriverHome home(Path at, StoreInfo.Access access) {
        return new DriverHome(at, factory.options(), setting.ids().maps(), access);
    }

    /** Closes the test's store, if it is open, and opens it anew. */
    public LayerStore reopen() throws StorageException {
        if (store != null) {
            store.close();
        }
        store = open();
        return store;
    }

    public static LayerId id(String text) {
        return new LayerId(text);
    }

    public static Optional<LayerId> on(String parent) {
        return parent.isEmpty() ? Optional.empty() : Optional.of(id(parent));
    }

    /** A read-write layer with content. */
    public LayerId layer(String name, String parent, Edit edit) throws IOException {
        store().createReadWrite(id(name), on(parent), LayerOptions.NONE);
        edit(id(name), edit);
        return id(name);
    }

    /** An image layer filled from an archive. */
    public LayerId image(String name, String parent, byte[] archive) throws IOException {
        store().create(id(name), on(parent), LayerOptions.NONE);
        store().applyDiff(id(name), new ByteArrayInputStream(archive));
        return id(name);
    }

    public void edit(LayerId layer, Edit edit) throws IOException {
        try (var mount = store().mount(layer)) {
            edit.to(new TreeMaker(linux, mount.path()));
        }
    }

    /** What a layer shows. */
    public Map<String, String> show(LayerId layer) throws IOException {
        return show(store(), layer);
    }

    /** What a layer shows. The time of its root, which archives need not hold, is left out. */
    public Map<String, String> show(LayerStore of, LayerId layer) throws IOException {
        try (var mount = of.mount(layer)) {
            var tree = TreeText.capture(linux, mount.path());
            tree.computeIfPresent("/", (path, line) -> line.replaceAll(" t=[0-9.-]+", ""));
            return tree;
        }
    }

    /** Everything below the data root, as text: nothing may change it that only reads. */
    public Map<String, String> disk() throws IOException {
        return Files.exists(root) ? TreeText.capture(linux, root) : Map.of();
    }

    public byte[] diff(LayerId layer, Optional<LayerId> against) throws IOException {
        return diff(store(), layer, against);
    }

    public static byte[] diff(LayerStore of, LayerId layer, Optional<LayerId> against) throws IOException {
        var out = new ByteArrayOutputStream();
        of.diff(layer, against, out);
        return out.toByteArray();
    }

    /** The ids of the layers, in the store's order. */
    public List<String> names() throws IOException {
        return store().layers().stream().map(Layer::id).map(LayerId::value).toList();
    }

    /** What the kernel does when a process dies: closes what the one that was taken for dead left open. */
    void closeDescriptors() throws IOException {
        try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (var descriptor : descriptors) {
                if (Files.isSymbolicLink(descriptor)
                        && Files.readSymbolicLink(descriptor).startsWith(folder)) {
                    linux.close(Integer.parseInt(descriptor.getFileName().toString()));
                }
            }
        }
    }

    /** What the host calls a user or group of the inside. */
    public int outside(int inside) {
        return (int) setting.ids().maps().uidOutside(inside);
    }

    public boolean privileged() {
        return Require.isRoot();
    }

    /** Closes all stores, unmounts what is theirs, and insists that nothing else is left. */
    @Override
    public void close() throws IOException {
        for (var each : opened) {
            each.close();
        }
        for (var each : roots) {
            if (Files.exists(each)) {
                takeDown(each);
            }
        }
        NothingLeft.assertBelow(folder);
        try (var left = Files.newDirectoryStream(folder)) {
            for (var each : left) {
                factory.beforeRemoval(each);
            }
        }
        removeAll(folder);
    }

    private void takeDown(Path closed) throws IOException {
        try (var last = driver(linux).open(home(closed, StoreInfo.Access.WRITE))) {
            last.cleanup();
        } catch (StorageException e) {
            // a test about homes that cannot be opened; what matters is that nothing is left
            if (!NothingLeft.mountsBelow(closed).isEmpty()) {
                throw e;
            }
        }
    }

    private void removeAll(Path folderToRemove) throws IOException {
        if (!privileged()) {
            open(folderToRemove);
        }
        new TreeMaker(linux, folderToRemove.getParent())
                .remove(folderToRemove.getFileName().toString());
    }

    /** Lets an ordinary user remove his own closed directories. */
    private void open(Path directory) throws IOException {
        var tree = new TreeMaker(linux, directory);
        tree.mode("", 0700);
        for (var entry : TreeText.names(linux, directory)) {
            if (tree.stat(entry).isDirectory()) {
                open(PathBytes.path(PathBytes.text(directory) + "/" + entry));
            }
        }
    }
}
