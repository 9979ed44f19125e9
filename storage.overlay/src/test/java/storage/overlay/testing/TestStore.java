package storage.overlay.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import storage.api.FileNames;
import storage.api.IdMaps;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.common.tree.TreeRemoval;
import storage.linux.Fd;
import storage.linux.Linux;
import storage.linux.PathBytes;
import storage.linux.Syscalls;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;

/** A store in a root of its own, which is unmounted and removed at the end. */
public final class TestStore implements AutoCloseable {
    public static final Syscalls LINUX = Linux.syscalls();

    private final Path root;
    private final GraphDriver driver;
    private Map<String, String> options = Map.of();
    private IdMaps ids = IdMaps.IDENTITY;
    private LayerStore store;

    public TestStore(Path folder, Function<Syscalls, GraphDriver> driver) throws IOException {
        this(folder, "root", driver.apply(LINUX));
    }

    /** @param name of the root */
    public TestStore(Path folder, String name, GraphDriver driver) throws IOException {
        root = folder.resolve(name);
        Files.createDirectory(root);
        this.driver = driver;
    }

    public TestStore with(Map<String, String> driverOptions) {
        options = driverOptions;
        return this;
    }

    public TestStore mapping(IdMaps maps) {
        ids = maps;
        return this;
    }

    public Path root() {
        return root;
    }

    public Path home() {
        return root.resolve(driver.homeName());
    }

    public DriverHome driverHome(StoreInfo.Access access) {
        return new DriverHome(root, options, ids, access);
    }

    /** Opened for writing when first asked for. */
    public LayerStore store() throws IOException {
        if (store == null) {
            store = driver.open(driverHome(StoreInfo.Access.WRITE));
        }
        return store;
    }

    /** Ends this opening; mounts stay. */
    public void reopen() throws IOException {
        store().close();
        store = null;
        store();
    }

    /** The test has closed the store itself. */
    public void forget() {
        store = null;
    }

    /** A second opening, for reading only. */
    public LayerStore reader() throws IOException {
        return driver.open(driverHome(StoreInfo.Access.READ));
    }

    public static LayerId id(String name) {
        return new LayerId(name);
    }

    public void image(String name, String parent, TarMaker content) throws IOException {
        store().create(id(name), Optional.ofNullable(parent).map(LayerId::new), LayerOptions.NONE);
        store().applyDiff(id(name), content.stream());
    }

    public void readWrite(String name, String parent) throws IOException {
        store().createReadWrite(id(name), Optional.ofNullable(parent).map(LayerId::new), LayerOptions.NONE);
    }

    /** What is done inside a mounted layer. */
    @FunctionalInterface
    public interface Work {
        void in(TreeMaker tree) throws IOException;
    }

    /** Mounts a layer for a piece of work. */
    public void inside(String name, Work work) throws IOException {
        try (var mount = store().mount(id(name))) {
            work.in(new TreeMaker(LINUX, mount.path()));
        }
    }

    public List<String> changes(String name, String against) throws IOException {
        return store().changes(id(name), Optional.ofNullable(against).map(LayerId::new)).stream()
                .map(Object::toString)
                .toList();
    }

    public byte[] diff(String name, String against) throws IOException {
        var out = new ByteArrayOutputStream();
        store().diff(id(name), Optional.ofNullable(against).map(LayerId::new), out);
        return out.toByteArray();
    }

    public void apply(String name, byte[] archive) throws IOException {
        store().applyDiff(id(name), new ByteArrayInputStream(archive));
    }

    public TreeMaker files() {
        return new TreeMaker(LINUX, home());
    }

    @Override
    public void close() throws IOException {
        if (store != null) {
            store.cleanup();
            store.close();
        }
        try (var parent = Fd.directory(LINUX, PathBytes.text(root.getParent()))) {
            TreeRemoval.remove(
                    LINUX, parent.number(), FileNames.encode(root.getFileName().toString()));
        }
    }
}
