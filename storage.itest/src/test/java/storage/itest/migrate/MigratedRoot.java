package storage.itest.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.btrfs.BtrfsDriver;
import storage.linux.Linux;
import storage.linux.Stat;
import storage.linux.Syscalls;
import storage.loopback.LoopbackDriver;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.selector.Migrations.Progress;
import storage.selector.Migrations.Request;
import storage.selector.Migrations.Result;
import storage.selector.migrate.Homes;
import storage.selector.migrate.Migration;
import storage.selector.migrate.Steps;
import storage.selector.state.ActiveDriver;
import storage.testkit.tree.RandomTree;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;
import storage.testkit.tree.TreeText;
import storage.vfs.VfsDriver;

/** A data root with a store that is moved about. */
final class MigratedRoot implements Homes {
    static final Syscalls LINUX = Linux.syscalls();

    private static final Map<String, Function<Syscalls, GraphDriver>> DRIVERS = Map.of(
            "vfs", VfsDriver::new,
            "overlay", OverlayDriver::new,
            "overlay2", Overlay2Driver::new,
            "loopback", LoopbackDriver::new,
            "btrfs", BtrfsDriver::new);

    final Path root;

    MigratedRoot(Path root) {
        this.root = root;
    }

    @Override
    public StoreInfo info(Path at, String driver) {
        return DriverHome.at(at).info(driver(driver));
    }

    @Override
    public LayerStore open(Path at, String driver, Map<String, String> options) throws storage.api.StorageException {
        return driver(driver).open(new DriverHome(at, options, storage.api.IdMaps.IDENTITY, StoreInfo.Access.WRITE));
    }

    @Override
    public int layers(Path at, String driver) throws storage.api.StorageException {
        return driver(driver).layers(DriverHome.at(at)).size();
    }

    private static GraphDriver driver(String name) {
        return DRIVERS.get(name).apply(LINUX);
    }

    LayerStore open(String driver) throws IOException {
        return open(root, driver, Map.of());
    }

    String active() throws IOException {
        return new ActiveDriver(root).read().orElseThrow().driver();
    }

    Migration migration(Steps steps) {
        return new Migration(LINUX, root, this, steps);
    }

    Result migrate(String to) throws IOException {
        return migration(Steps.NONE).migrate(Request.of(root, to), Progress.NONE);
    }

    /** As of a store that somebody works in, until the images are copied. */
    Result migrateInUse(Migration migration, String to) throws IOException {
        try (var move = migration.begin(Request.of(root, to), Progress.NONE)) {
            try (var store = open(active())) {
                move.ahead(store);
            }
            return move.finish();
        }
    }

    static LayerId id(String name) {
        return new LayerId(name);
    }

    /** A store with everything in it that a layer can hold. */
    void fill(String driver) throws IOException {
        try (var store = open(driver)) {
            new ActiveDriver(root).record(driver, Optional.empty());
            image(store, "ground", null, base());
            image(store, "middle", "ground", middle());
            image(store, "top", "middle", new TarMaker().file("srv/app", "2").link("srv/again", "srv/app"));
            image(store, "other", null, new TarMaker().directory("d", 0700).file("d/f", "other"));
            image(store, "empty", "other", new TarMaker());
            var seed = 1;
            for (var box : List.of("box1", "box2", "box3")) {
                store.createReadWrite(id(box), Optional.of(id("top")), LayerOptions.NONE);
                var number = seed++;
                try (var mount = store.mount(id(box))) {
                    new TreeMaker(LINUX, mount.path())
                            .file("own", box)
                            .remove("etc/passwd")
                            .overwrite("srv/app", box)
                            .mode("", 0711)
                            .directory("random");
                    new RandomTree(LINUX, mount.path().resolve("random"), number, true).grow(40);
                }
            }
            edit(
                    store,
                    "box2",
                    tree -> tree.remove("srv")
                            .file("srv", "a file now")
                            .link("hard", "big")
                            .xattr("own", "user.note", new byte[] {1, 2, 3})
                            .owner("own", 12, 34)
                            .time("own", 1234567890, 123456789)
                            .fifo("pipe"));
        }
        var images =
                Files.createDirectories(root.resolve("image").resolve(driver).resolve("layerdb/sha256"));
        Files.writeString(images.resolve("cache-id"), "top");
    }

    private static TarMaker base() {
        return new TarMaker()
                .directory("etc", 0755)
                .file("etc/passwd", "root:x:0:0")
                .file("etc/shadow", "secret")
                .directory("srv", 0750)
                .file("srv/app", "1")
                .file("big", "x".repeat(300_000))
                .link("same", "big")
                .symlink("link", "etc/passwd")
                .device("null", 1, 3)
                .entry("suid", (byte) '0', new byte[] {1}, entry -> {
                    entry.setMode(04755);
                    entry.setUserId(1000);
                    entry.setGroupId(1001);
                });
    }

    private static TarMaker middle() {
        return new TarMaker()
                .whiteout("etc/shadow")
                .directory("srv", 0751)
                .opaque("srv")
                .file("srv/new", "n")
                .file("same", "no longer the same");
    }

    interface Edit {
        void to(TreeMaker tree) throws IOException;
    }

    void edit(LayerStore store, String layer, Edit edit) throws IOException {
        try (var mount = store.mount(id(layer))) {
            edit.to(new TreeMaker(LINUX, mount.path()));
        }
    }

    private static void image(LayerStore store, String name, String parent, TarMaker archive) throws IOException {
        store.create(id(name), Optional.ofNullable(parent).map(MigratedRoot::id), LayerOptions.NONE);
        store.applyDiff(id(name), archive.stream());
    }

    /** Every layer with its whole tree, as others see it; times of directories are nobody's promise. */
    Map<String, Map<String, String>> everything(String driver) throws IOException {
        var all = new TreeMap<String, Map<String, String>>();
        try (var store = open(driver)) {
            for (var layer : store.layers()) {
                var tree = new TreeMap<String, String>();
                try (var mount = store.mount(layer.id())) {
                    TreeText.capture(LINUX, mount.path())
                            .forEach((path, line) -> tree.put(path, isDirectory(line) ? timeless(line) : line));
                }
                tree.put("", about(layer));
                all.put(layer.id().value(), tree);
            }
        }
        return all;
    }

    private static String about(Layer layer) {
        return layer.kind() + " on " + layer.parent().map(LayerId::value).orElse("nothing") + ", " + layer.state();
    }

    private static boolean isDirectory(String line) {
        return (Integer.parseInt(line.substring(0, 6), 8) & Stat.S_IFMT) == Stat.S_IFDIR;
    }

    private static String timeless(String line) {
        return line.replaceFirst(" t=[0-9.]+", "");
    }
}
