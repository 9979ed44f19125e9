package storage.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.linux.Errno;
import storage.linux.Linux;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/** A child of an overlay2 layer made and removed, against the calls without which there is none. */
final class BareTable {
    private static final int AT = Syscalls.AT_FDCWD;

    private final Syscalls linux = Linux.syscalls();
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(256);
    private int serial;

    static void run(Bench bench) throws Exception {
        for (var kind : bench.settings.grounds()) {
            try (var ground = Ground.of(kind, bench.settings.folder());
                    var store = Stores.open("overlay2", ground.fresh("ours"))) {
                bench.report.table("Bare calls, overlay2", kind);
                var table = new BareTable();
                var base = new LayerId("bottom");
                store.createReadWrite(base, Optional.empty(), LayerOptions.NONE);
                var folder = ground.fresh("bare");
                Files.createDirectory(folder.resolve("l"));
                Files.createDirectory(folder.resolve("records"));
                bench.race(Row.of("create + remove of a child", rounds -> table.ours(store, base, rounds))
                        .and("the calls that it needs", rounds -> table.bare(folder, rounds)));
            }
        }
    }

    private long ours(LayerStore store, LayerId base, int rounds) throws IOException {
        var start = System.nanoTime();
        for (var i = 0; i < rounds; i++) {
            var id = new LayerId("new" + ++serial);
            store.createReadWrite(id, Optional.of(base), LayerOptions.NONE);
            store.remove(id);
        }
        return System.nanoTime() - start;
    }

    /**
     * What an engine has to find, in its layout, and a record of the intent that is synced before and renamed after, as a
     * kill at any point needs it.
     */
    private long bare(Path folder, int rounds) throws IOException {
        var start = System.nanoTime();
        for (var i = 0; i < rounds; i++) {
            var name = "new" + ++serial;
            var layer = folder.resolve(name);
            var record = folder.resolve("records").resolve(name);
            write(record, "{\"parent\":\"bottom\",\"kind\":\"READ_WRITE\"}", true);
            mkdir(layer, 0710);
            mkdir(layer.resolve("diff"), 0755);
            write(layer.resolve("link"), "ABCDEFGHIJKLMNOPQRSTUVWXYZ", false);
            var link = folder.resolve("l").resolve(name);
            var target = ("../" + name + "/diff").getBytes(StandardCharsets.US_ASCII);
            check(linux.symlinkat(target, AT, PathBytes.of(link)), link);
            mkdir(layer.resolve("work"), 0700);
            write(layer.resolve("lower"), "l/ABCDEFGHIJKLMNOPQRSTUVWXYZ", false);
            var done = folder.resolve("records").resolve(name + ".json");
            rename(record, done);
            rename(done, record);
            for (var file : new Path[] {link, layer.resolve("lower"), layer.resolve("link")}) {
                check(linux.unlinkat(AT, PathBytes.of(file), 0), file);
            }
            for (var empty : new Path[] {layer.resolve("work"), layer.resolve("diff"), layer}) {
                check(linux.unlinkat(AT, PathBytes.of(empty), Syscalls.AT_REMOVEDIR), empty);
            }
            check(linux.unlinkat(AT, PathBytes.of(record), 0), record);
        }
        return System.nanoTime() - start;
    }

    private void mkdir(Path folder, int mode) throws IOException {
        check(linux.mkdirat(AT, PathBytes.of(folder), mode), folder);
    }

    private void rename(Path from, Path to) throws IOException {
        check(linux.renameat2(AT, PathBytes.of(from), AT, PathBytes.of(to), 0), from);
    }

    private void write(Path file, String content, boolean sync) throws IOException {
        var flags = Syscalls.O_WRONLY | Syscalls.O_CREAT | Syscalls.O_EXCL | Syscalls.O_CLOEXEC;
        var fd = check(linux.openat(AT, PathBytes.of(file), flags, 0600), file);
        bytes.clear().put(content.getBytes(StandardCharsets.US_ASCII)).flip();
        check(linux.write(fd, bytes), file);
        if (sync) {
            check(linux.fdatasync(fd), file);
        }
        linux.close(fd);
    }

    private static int check(int result, Path path) throws IOException {
        return Errno.check(result, "call", path.toString());
    }
}
