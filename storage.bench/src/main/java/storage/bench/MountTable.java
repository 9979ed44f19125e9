package storage.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.linux.Errno;
import storage.linux.Linux;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/** Towers of layers: making, mounting, unmounting and removing what stands on them, against the bare calls. */
final class MountTable {
    private static final List<Integer> HEIGHTS = List.of(1, 20, 120);
    private static final byte[] OVERLAY = "overlay".getBytes(StandardCharsets.US_ASCII);

    private final Syscalls linux = Linux.syscalls();
    private int serial;

    static void run(Bench bench) throws Exception {
        bench.everywhere("Towers, ", (backend, ground) -> {
            try (var store = Stores.open(backend, ground.fresh("ours"))) {
                new MountTable().towers(bench, backend, store, ground);
            }
        });
    }

    private void towers(Bench bench, String backend, LayerStore store, Ground ground) throws Exception {
        Optional<LayerId> top = Optional.empty();
        var height = 0;
        for (var wanted : HEIGHTS) {
            while (height < wanted) {
                var id = new LayerId("tower" + height++);
                store.createReadWrite(id, top, LayerOptions.NONE);
                var number = height;
                try (var mount = store.mount(id)) {
                    Files.writeString(mount.path().resolve("file" + number), "layer " + number);
                }
                top = Optional.of(id);
            }
            var on = top;
            var child = new LayerId("child" + height);
            store.createReadWrite(child, on, LayerOptions.NONE);
            var mounting = Row.of("get + put of a child of " + wanted, rounds -> mount(store, child, rounds));
            if (backend.startsWith("overlay")) {
                mounting.and("mount + umount", bareMount(ground.fresh("bare"), backend.equals("overlay") ? 1 : wanted));
            }
            bench.race(mounting);
            bench.race(Row.of("create, get, put, remove on " + wanted, rounds -> life(store, on, rounds)));
        }
    }

    private static long mount(LayerStore store, LayerId id, int rounds) throws IOException {
        var start = System.nanoTime();
        for (var i = 0; i < rounds; i++) {
            store.get(id, "");
            store.put(id);
        }
        return System.nanoTime() - start;
    }

    private long life(LayerStore store, Optional<LayerId> on, int rounds) throws IOException {
        var start = System.nanoTime();
        for (var i = 0; i < rounds; i++) {
            var id = new LayerId("new" + ++serial);
            store.createReadWrite(id, on, LayerOptions.NONE);
            store.get(id, "");
            store.put(id);
            store.remove(id);
        }
        return System.nanoTime() - start;
    }

    /** The two calls alone, on folders that are there, with names as short as an engine's. */
    private Side bareMount(Path folder, int lowers) throws IOException {
        var names = new ArrayList<String>();
        for (var i = 0; i < lowers; i++) {
            Files.writeString(Files.createDirectories(folder.resolve("l" + i)).resolve("file" + i), "layer");
            names.add("l" + i);
        }
        for (var name : List.of("upper", "work", "merged")) {
            Files.createDirectory(folder.resolve(name));
        }
        var text = folder + "/";
        var data = ("index=off,lowerdir=" + text + String.join(":" + text, names) + ",upperdir=" + text
                        + "upper,workdir=" + text + "work")
                .getBytes(StandardCharsets.UTF_8);
        var merged = PathBytes.of(folder.resolve("merged"));
        return rounds -> {
            if (data.length >= linux.pageSize()) {
                // only relative to a folder, which takes a thread of its own
                return relative(folder, names, rounds);
            }
            var start = System.nanoTime();
            for (var i = 0; i < rounds; i++) {
                Errno.check(linux.mount(OVERLAY, merged, OVERLAY, 0, data), "mount", folder.toString());
                Errno.check(linux.umount2(merged, 0), "umount2", folder.toString());
            }
            return System.nanoTime() - start;
        };
    }

    private long relative(Path folder, List<String> names, int rounds) throws Exception {
        var data = ("index=off,lowerdir=" + String.join(":", names) + ",upperdir=upper,workdir=work")
                .getBytes(StandardCharsets.UTF_8);
        var merged = PathBytes.of(folder.resolve("merged"));
        return storage.linux.PrivateThread.call(
                linux,
                storage.linux.PrivateThread.Isolation.WORKING_DIRECTORY,
                java.time.Duration.ofMinutes(10),
                () -> {
                    try (var home = storage.linux.Fd.directory(linux, folder.toString())) {
                        Errno.check(linux.fchdir(home.number()), "fchdir", folder.toString());
                    }
                    var start = System.nanoTime();
                    for (var i = 0; i < rounds; i++) {
                        Errno.check(linux.mount(OVERLAY, merged, OVERLAY, 0, data), "mount", folder.toString());
                        Errno.check(linux.umount2(merged, 0), "umount2", folder.toString());
                    }
                    return System.nanoTime() - start;
                });
    }
}
