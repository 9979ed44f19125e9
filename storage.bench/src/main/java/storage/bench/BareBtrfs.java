package storage.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Linux;
import storage.linux.Syscalls;

/** A child of a btrfs layer of many files made and removed, against the ioctls without which there is none. */
final class BareBtrfs {
    // linux/btrfs.h: struct btrfs_ioctl_vol_args and _v2 have 4096 bytes, with the name behind 8 and 56 of them
    private static final long SNAP_DESTROY = 0x5000940fL;
    private static final long SNAP_CREATE_V2 = 0x50009417L;
    private static final int ARGUMENT = 4096;
    private static final int NAME = 8;
    private static final int NAME_V2 = 56;
    private static final int FILES = 10_000;

    private final Syscalls linux = Linux.syscalls();
    private final ByteBuffer argument = ByteBuffer.allocateDirect(ARGUMENT).order(ByteOrder.nativeOrder());
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(256);
    private int serial;

    static void run(Bench bench) throws Exception {
        try (var ground = Ground.of("btrfs", bench.settings.folder());
                var store = Stores.open("btrfs", ground.fresh("ours"))) {
            bench.report.table("Bare calls, btrfs", "btrfs in a file on tmpfs");
            var table = new BareBtrfs();
            var base = new LayerId("bottom");
            store.createReadWrite(base, Optional.empty(), LayerOptions.NONE);
            try (var mount = store.mount(base)) {
                Files64.write(mount.path(), 0, FILES, 1);
            }
            var source = store.info().home().resolve("subvolumes/bottom");
            var folder = ground.fresh("bare");
            bench.race(Row.of("create + remove of a child of 10,000 files", rounds -> table.ours(store, base, rounds))
                    .and("the ioctls alone", rounds -> table.bare(source, folder, false, rounds))
                    .and("with a synced record of the intent", rounds -> table.bare(source, folder, true, rounds)));
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

    private long bare(Path source, Path folder, boolean recorded, int rounds) throws IOException {
        try (var parent = Fd.directory(linux, source.toString());
                var layers = Fd.directory(linux, folder.toString())) {
            var start = System.nanoTime();
            for (var i = 0; i < rounds; i++) {
                var name = "new" + ++serial;
                var record = (name + ".creating").getBytes(StandardCharsets.US_ASCII);
                if (recorded) {
                    write(layers, record);
                }
                call(layers, SNAP_CREATE_V2, parent.number(), NAME_V2, name);
                call(layers, SNAP_DESTROY, 0, NAME, name);
                if (recorded) {
                    check(linux.unlinkat(layers.number(), record, 0), "unlinkat");
                }
            }
            return System.nanoTime() - start;
        }
    }

    private void call(Fd layers, long request, long source, int offset, String name) throws IOException {
        for (var i = 0; i < ARGUMENT; i += Long.BYTES) {
            argument.putLong(i, 0);
        }
        argument.putLong(0, source);
        argument.put(offset, name.getBytes(StandardCharsets.US_ASCII));
        check(linux.ioctl(layers.number(), request, argument), "ioctl");
    }

    private void write(Fd folder, byte[] name) throws IOException {
        var flags = FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_CLOEXEC;
        try (var file = Fd.of(linux, check(linux.openat(folder.number(), name, flags, 0600), "openat"))) {
            bytes.clear()
                    .put("{\"parent\":\"bottom\",\"kind\":\"READ_WRITE\"}".getBytes(StandardCharsets.US_ASCII))
                    .flip();
            check(linux.write(file.number(), bytes), "write");
            check(linux.fdatasync(file.number()), "fdatasync");
        }
    }

    private static int check(int result, String call) throws IOException {
        return Errno.check(result, call, "");
    }
}
