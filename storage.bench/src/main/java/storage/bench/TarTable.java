package storage.bench;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;

/**
 * Layer archives in and out, against GNU tar on the same filesystem: 20,000 files, 526 MB, as many of each size as a
 * distribution's base image has, in 1,000 directories.
 */
final class TarTable {
    private static final int FILES = 20_000;
    private static final int FOLDERS = 1_000;
    private static final long BYTES = 526L << 20;

    private final Bench bench;
    private int serial;

    private TarTable(Bench bench) {
        this.bench = bench;
    }

    static void run(Bench bench) throws Exception {
        bench.everywhere("Archives, ", (backend, ground) -> new TarTable(bench).run(backend, ground));
    }

    private void run(String backend, Ground ground) throws Exception {
        var work = ground.fresh("tar");
        var archive = work.resolve("layer.tar");
        archive(work.resolve("tree"), archive);
        try (var store = Stores.open(backend, ground.fresh("ours"))) {
            var disk = ground.isDisk();
            var sync = disk ? " && sync -f" : "";
            bench.race(Row.of("apply 20,000 files, 526 MB", rounds -> apply(store, archive, rounds))
                    .and("tar -x" + sync, rounds -> extract(archive, work, rounds, disk)));
            var full = new LayerId("full");
            var empty = new LayerId("empty");
            store.create(empty, Optional.empty(), LayerOptions.NONE);
            store.create(full, Optional.of(empty), LayerOptions.NONE);
            try (var in = new FileInputStream(archive.toFile())) {
                store.applyDiff(full, in);
            }
            var extracted = Files.createDirectory(work.resolve("extracted"));
            Ground.run("tar", "-xf", archive.toString(), "-C", extracted.toString());
            bench.race(Row.of("produce the same", rounds -> produce(store, full, empty, rounds))
                    .and("tar -c \\| cat", rounds -> create(extracted, rounds)));
        }
    }

    /** Makes the archive; the tree is gone afterwards. */
    static void archive(Path tree, Path archive) throws IOException {
        make(tree);
        Ground.run("tar", "-cf", archive.toString(), "-C", tree.toString(), ".");
        Ground.remove(tree);
    }

    /** A tree whose files have sizes as a distribution's: most are small, few hold most of the bytes. */
    private static void make(Path tree) throws IOException {
        var random = new Random(526);
        var weights = new double[FILES];
        var sum = 0.0;
        for (var i = 0; i < FILES; i++) {
            weights[i] = Math.exp(random.nextGaussian() * 1.6);
            sum += weights[i];
        }
        var content = new byte[64 << 20];
        random.nextBytes(content);
        for (var i = 0; i < FILES; i++) {
            var folder = Files.createDirectories(tree.resolve("usr/d" + i % FOLDERS / 25 + "/e" + i % FOLDERS));
            var size = (int) Math.min(content.length / 2, (long) (weights[i] / sum * BYTES));
            try (var out = new FileOutputStream(folder.resolve("file" + i).toFile())) {
                out.write(content, random.nextInt(content.length / 2), size);
            }
        }
    }

    private long apply(LayerStore store, Path archive, int rounds) throws IOException {
        var took = 0L;
        for (var i = 0; i < rounds; i++) {
            var id = new LayerId("applied" + ++serial);
            store.create(id, Optional.empty(), LayerOptions.NONE);
            var start = System.nanoTime();
            try (InputStream in = new FileInputStream(archive.toFile())) {
                store.applyDiff(id, in);
            }
            took += System.nanoTime() - start;
            store.remove(id);
        }
        return took;
    }

    private long extract(Path archive, Path work, int rounds, boolean sync) throws IOException {
        var took = 0L;
        for (var i = 0; i < rounds; i++) {
            var into = Files.createDirectory(work.resolve("into" + ++serial));
            var start = System.nanoTime();
            Ground.run("tar", "-xf", archive.toString(), "-C", into.toString());
            if (sync) {
                Ground.run("sync", "-f", into.toString());
            }
            took += System.nanoTime() - start;
            Ground.remove(into);
        }
        return took;
    }

    private static long produce(LayerStore store, LayerId id, LayerId against, int rounds) throws IOException {
        var start = System.nanoTime();
        for (var i = 0; i < rounds; i++) {
            store.diff(id, Optional.of(against), OutputStream.nullOutputStream());
        }
        return System.nanoTime() - start;
    }

    private static long create(Path tree, int rounds) throws IOException {
        var start = System.nanoTime();
        for (var i = 0; i < rounds; i++) {
            Ground.run("sh", "-c", "tar -cf - -C \"$1\" . | cat >/dev/null", "sh", tree.toString());
        }
        return System.nanoTime() - start;
    }
}
