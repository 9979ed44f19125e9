package storage.btrfs.diff;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import storage.linux.Stat;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.RandomTree;
import storage.testkit.tree.TreeText;

/** Random trees, and random changes to them, in layers of all relations; each pair compared by content beside. */
class RandomSnapshotsTest {
    @RegisterExtension
    static final TestFilesystem BTRFS = TestFilesystem.image("btrfs");

    private static final int FILES = 120;
    private static final int CHANGES = 25;

    /** {@code -Dstorage.test.seeds=N} for more than the usual. */
    static java.util.stream.LongStream seeds() {
        return java.util.stream.LongStream.rangeClosed(1, Long.getLong("storage.test.seeds", 12));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyPairIsToldAsByContent(long seed) throws Exception {
        var random = new Random(seed);
        try (var snapshots = new Snapshots(BTRFS.path())) {
            var names = new ArrayList<String>();
            snapshots.layer("l0", "", tree -> {});
            new RandomTree(snapshots.linux(), snapshots.path("l0"), seed, true).grow(FILES);
            names.add("l0");
            for (var i = 1; i < 5; i++) {
                snapshots.layer("l" + i, names.get(random.nextInt(names.size())), tree -> {});
                names.add("l" + i);
                // this one, and now and then one that others stand on already
                change(snapshots, "l" + i, seed * 100 + i);
                if (random.nextInt(3) == 0) {
                    change(snapshots, names.get(random.nextInt(names.size())), seed * 200 + i);
                }
            }
            for (var layer : names) {
                for (var against : names) {
                    snapshots.changes(layer, against);
                }
            }
        }
    }

    private static void change(Snapshots snapshots, String layer, long seed) throws IOException {
        var random = new Random(seed);
        new RandomTree(snapshots.linux(), snapshots.path(layer), seed, true).change(1 + random.nextInt(CHANGES));
        var tree = snapshots.tree(layer);
        for (var path :
                TreeText.capture(snapshots.linux(), snapshots.path(layer)).keySet()) {
            var name = path.substring(1);
            var stat = tree.stat(name);
            if (stat.type() != Stat.S_IFREG || random.nextInt(8) != 0) {
                continue;
            }
            // the hardest to find: neither size nor time tell
            if (stat.size > 0) {
                tree.patch(name, random.nextInt((int) stat.size), random.nextBoolean() ? "x" : "y");
                tree.time(name, stat.modifiedSeconds, stat.modifiedNanos);
            }
        }
    }
}
