package storage.btrfs.diff;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import storage.api.Change;
import storage.api.IdMaps;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.driver.DriverHome;
import storage.btrfs.BtrfsDriver;
import storage.btrfs.kernel.Subvolumes;
import storage.common.archive.LayerPacker;
import storage.common.diff.ArchiveSink;
import storage.common.diff.ChangeList;
import storage.common.diff.DiffOptions;
import storage.common.diff.SizeSum;
import storage.common.diff.TreeDiff;
import storage.common.store.Rollback;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Linux;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;
import storage.testkit.linux.FailingSyscalls;
import storage.testkit.tree.TarText;
import storage.testkit.tree.TreeMaker;

/** A store in a subvolume of its own, which goes with everything in it, and what it answers beside a full comparison. */
public final class Snapshots implements AutoCloseable {
    private static final String FOLDER = "root";

    /** Far more than there can be in ten milliseconds, the longest step. */
    private static final int STEPS = 1_000_000;

    /** Something done to the tree of a layer. */
    @FunctionalInterface
    public interface Edit {
        void to(TreeMaker tree) throws IOException;
    }

    private final Syscalls real = Linux.syscalls();
    private final FailingSyscalls kernel;
    private final Path place;
    private final LayerStore store;

    public Snapshots(Path place) throws IOException {
        this(place, Linux.syscalls());
    }

    /** @param calls what stands between the store and the kernel */
    public Snapshots(Path place, Syscalls calls) throws IOException {
        this.kernel = FailingSyscalls.around(calls);
        this.place = place;
        try (var top = Fd.directory(real, place.toString())) {
            new Subvolumes(real).create(top.number(), FOLDER);
        }
        store = new BtrfsDriver(kernel.syscalls()).open(DriverHome.at(place.resolve(FOLDER)));
    }

    public LayerStore store() {
        return store;
    }

    public Syscalls linux() {
        return real;
    }

    /** What the store makes its calls to. */
    public FailingSyscalls kernel() {
        return kernel;
    }

    /** A read-write layer, changed. */
    public LayerId layer(String name, String parent, Edit edit) throws IOException {
        var id = new LayerId(name);
        var below = parent.isEmpty() ? Optional.<LayerId>empty() : Optional.of(new LayerId(parent));
        if (below.isPresent()) {
            letTheClockMove();
        }
        store.createReadWrite(id, below, LayerOptions.NONE);
        edit.to(tree(name));
        return id;
    }

    /**
     * The filesystem's clock moves in steps. What was written in the step in which a snapshot is made is compared by
     * content, which is right, and not what is counted here.
     */
    private void letTheClockMove() throws IOException {
        var home = PathBytes.of(store.info().home());
        var before = now(home);
        for (var i = 0; i < STEPS; i++) {
            if (now(home) != before) {
                return;
            }
        }
        throw new IllegalStateException("The clock of " + store.info().home() + " stands still");
    }

    private long now(byte[] path) throws IOException {
        var result = real.utimensat(FileCalls.AT_FDCWD, path, 0, FileCalls.UTIME_NOW, 0, FileCalls.UTIME_NOW, 0);
        Errno.check(result, "utimensat", "");
        var stat = new Stat();
        Errno.check(real.stat(FileCalls.AT_FDCWD, path, 0, stat), "stat", "");
        return stat.changedSeconds * 1_000_000_000L + stat.changedNanos;
    }

    public TreeMaker tree(String layer) throws IOException {
        return new TreeMaker(real, path(layer));
    }

    public Path path(String layer) {
        return store.info().home().resolve("subvolumes").resolve(layer);
    }

    /** The store's answer, which has to be that of a comparison by content, in every form. */
    public List<String> changes(String layer, String against) throws IOException {
        var changes = list(layer, against);
        try (var older = Fd.directory(real, path(against).toString());
                var newer = Fd.directory(real, path(layer).toString())) {
            var left = older.number();
            var right = newer.number();
            var size = new SizeSum();
            TreeDiff.walk(real, left, right, DiffOptions.DEFAULT, size);
            assertThat(store.diffSize(new LayerId(layer), Optional.of(new LayerId(against))))
                    .isEqualTo(size.bytes());
            var archive = new ByteArrayOutputStream();
            store.diff(new LayerId(layer), Optional.of(new LayerId(against)), archive);
            var expected = new ByteArrayOutputStream();
            var packer = new LayerPacker(real, expected, IdMaps.IDENTITY, Optional.empty());
            TreeDiff.walk(real, left, right, DiffOptions.DEFAULT, new ArchiveSink(packer));
            packer.end();
            assertThat(TarText.lines(archive.toByteArray())).isEqualTo(TarText.lines(expected.toByteArray()));
            assertThat(archive.toByteArray()).isEqualTo(expected.toByteArray());
            return changes;
        }
    }

    /** The same as a list alone: a folder that stands for a subvolume has another time whenever it is looked at. */
    public List<String> list(String layer, String against) throws IOException {
        try (var older = Fd.directory(real, path(against).toString());
                var newer = Fd.directory(real, path(layer).toString())) {
            var own = store.changes(new LayerId(layer), Optional.of(new LayerId(against)));
            var expected = new ChangeList();
            TreeDiff.walk(real, older.number(), newer.number(), DiffOptions.DEFAULT, expected);
            assertThat(own).isEqualTo(expected.changes());
            return own.stream().map(Change::toString).toList();
        }
    }

    /** How many calls of a kind the store makes to find the changes. */
    public int calls(String method, String layer, String against) throws IOException {
        kernel.reset();
        store.changes(new LayerId(layer), Optional.of(new LayerId(against)));
        return kernel.count(method);
    }

    @Override
    public void close() throws IOException {
        try (var top = Fd.directory(real, place.toString());
                var undo = new Rollback()) {
            undo.add(() -> new Subvolumes(real).delete(top.number(), FOLDER));
            kernel.reset();
            store.close();
        }
    }
}
