package storage.btrfs.diff;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.btrfs.NoTreeSearch;
import storage.btrfs.kernel.Subvolumes;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Linux;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TarMaker;

/** Each way in which what the filesystem tells could mislead; {@link Snapshots#changes} compares by content beside. */
class SnapshotDiffTest {
    /**
     * The roots of both trees, each to its end: where a layer was made and changed within one transaction of the filesystem,
     * nothing tells what came first, and its root is compared by names.
     */
    private static final int ROOTS = 4;

    /** Its 20 names in both trees. */
    private static final int ROOT_NAMES = 40;

    @RegisterExtension
    static final TestFilesystem BTRFS = TestFilesystem.image("btrfs");

    /** So many that reading them all is told from reading a few. */
    private static final int MANY = 300;

    private Snapshots snapshots;

    @BeforeEach
    void layOut() throws IOException {
        snapshots = new Snapshots(BTRFS.path());
    }

    @AfterEach
    void clearAway() throws IOException {
        if (snapshots != null) {
            snapshots.close();
        }
    }

    /** 20 directories with 15 files each. */
    private void base() throws IOException {
        snapshots.layer("base-1", "", tree -> {
            for (var i = 0; i < MANY / 15; i++) {
                tree.directory("d" + i);
                for (var j = 0; j < 15; j++) {
                    tree.file("d" + i + "/f" + j, "content of " + i + " " + j);
                }
            }
        });
    }

    @Test
    void nothingChangedIsFoundWithoutLookingAtAnyFile() throws Exception {
        base();
        snapshots.layer("box", "base-1", tree -> {});
        assertThat(snapshots.changes("box", "base-1")).isEmpty();
        assertThat(snapshots.changes("base-1", "box")).isEmpty();
        assertThat(snapshots.calls("getdents", "box", "base-1")).isLessThanOrEqualTo(ROOTS);
        assertThat(snapshots.calls("stat", "box", "base-1")).isLessThan(20 + ROOT_NAMES);
    }

    @Test
    void oneEditIsFoundWithoutReadingAnyDirectory() throws Exception {
        base();
        snapshots.layer("box", "base-1", tree -> tree.overwrite("d7/f3", "changed"));
        assertThat(snapshots.changes("box", "base-1")).containsExactly("C /d7", "C /d7/f3");
        assertThat(snapshots.calls("getdents", "box", "base-1")).isLessThanOrEqualTo(ROOTS);
        assertThat(snapshots.calls("stat", "box", "base-1")).isLessThan(30 + ROOT_NAMES);
    }

    @Test
    void deletionLeavesNoItemButAChangedDirectory() throws Exception {
        base();
        snapshots.layer(
                "box",
                "base-1",
                tree -> tree.remove("d7/f3").remove("d8").remove("d9/f1").file("d9/f1", "n"));
        assertThat(snapshots.changes("box", "base-1"))
                .containsExactly("C /d7", "D /d7/f3", "D /d8", "C /d9", "C /d9/f1");
        // those of the root, d7 and d9 in both trees, each to its end
        assertThat(snapshots.calls("getdents", "box", "base-1")).isLessThanOrEqualTo(12 + ROOTS);
    }

    @Test
    void editOfTheSameSizeAndTimeIsFound() throws Exception {
        base();
        snapshots.layer("box", "base-1", tree -> {
            var before = tree.stat("d7/f3");
            tree.patch("d7/f3", 0, "X").time("d7/f3", before.modifiedSeconds, before.modifiedNanos);
        });
        assertThat(snapshots.changes("box", "base-1")).containsExactly("C /d7", "C /d7/f3");
    }

    @Test
    void attributesOfFilesDirectoriesAndTheRootAreFound() throws Exception {
        base();
        snapshots.layer(
                "box",
                "base-1",
                tree -> tree.mode("d1/f1", 0600)
                        .owner("d2", 5, 6)
                        .xattr("d3/f3", "user.note", new byte[] {1})
                        .xattr("d4", "user.note", new byte[] {1})
                        .mode("", 0700));
        assertThat(snapshots.changes("box", "base-1"))
                .containsExactly("C /d1", "C /d1/f1", "C /d2", "C /d3", "C /d3/f3", "C /d4");
    }

    @Test
    void readingMovesTransactionsButChangesNothing() throws Exception {
        base();
        snapshots.layer("box", "base-1", tree -> {});
        try (var files = Files.walk(snapshots.path("box"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                // the first time, a file's time of access moves
                assertThat(Files.readString(file)).isNotEmpty();
            }
        }
        assertThat(snapshots.changes("box", "base-1")).isEmpty();
        assertThat(snapshots.calls("read", "box", "base-1"))
                .as("contents compared")
                .isZero();
        assertThat(snapshots.calls("getdents", "box", "base-1")).isLessThanOrEqualTo(ROOTS);
        assertThat(snapshots.calls("ioctl", "box", "base-1"))
                .as("inodes looked at")
                .isGreaterThan(MANY);
    }

    @Test
    void renamedFolderIsTheWholeOfItAndGone() throws Exception {
        base();
        snapshots.layer("box", "base-1", tree -> {
            assertThat(tree.rename("d7", "moved")).isZero();
            assertThat(tree.rename("d8/f1", "d9/f1")).isZero();
        });
        assertThat(snapshots.changes("box", "base-1"))
                .contains("D /d7", "A /moved", "A /moved/f0", "A /moved/f14", "C /d8", "D /d8/f1", "C /d9", "C /d9/f1")
                .hasSize(1 + 16 + 4);
    }

    @Test
    void foldersThatChangedPlacesAreCompared() throws Exception {
        base();
        snapshots.layer("box", "base-1", tree -> {
            tree.rename("d7", "x");
            tree.rename("d8", "d7");
            tree.rename("x", "d8");
        });
        assertThat(snapshots.changes("box", "base-1")).contains("C /d7/f1", "C /d8/f1");
        snapshots.layer("back", "box", tree -> {
            tree.rename("d7", "x");
            tree.rename("d8", "d7");
            tree.rename("x", "d8");
        });
        assertThat(snapshots.changes("back", "base-1")).isEmpty();
    }

    @Test
    void hardLinksAreFoundUnderEveryName() throws Exception {
        snapshots.layer("base-1", "", tree -> {
            tree.directory("a").directory("b").file("a/f", "one").link("b/f", "a/f");
            // more than fit into one item
            for (var i = 0; i < 200; i++) {
                tree.link("a/" + i + "x".repeat(200), "a/f");
            }
        });
        snapshots.layer("box", "base-1", tree -> tree.overwrite("b/f", "two"));
        assertThat(snapshots.changes("box", "base-1"))
                .contains("C /a/f", "C /b/f")
                .hasSize(204);
        snapshots.layer("less", "base-1", tree -> tree.remove("b/f").link("c", "a/f"));
        assertThat(snapshots.changes("less", "base-1")).containsExactly("C /b", "D /b/f", "A /c");
    }

    @Test
    void holesTruncationAndPreallocationAreFound() throws Exception {
        snapshots.layer("base-1", "", tree -> {
            for (var name : new String[] {"cut", "grown", "punched", "reserved", "cloned"}) {
                tree.file(name, "x".repeat(200_000)).time(name, 1000, 0);
            }
            tree.hole("hole", 1 << 20).time("hole", 1000, 0);
        });
        snapshots.layer("box", "base-1", tree -> {
            var linux = snapshots.linux();
            change("cut", fd -> linux.ftruncate(fd, 1000));
            change("grown", fd -> linux.ftruncate(fd, 300_000));
            change(
                    "punched",
                    fd -> linux.fallocate(
                            fd, FileCalls.FALLOC_FL_KEEP_SIZE | FileCalls.FALLOC_FL_PUNCH_HOLE, 8192, 65536));
            change("reserved", fd -> linux.fallocate(fd, FileCalls.FALLOC_FL_KEEP_SIZE, 200_000, 100_000));
            change(
                    "hole",
                    fd -> linux.pwrite(
                            fd, ByteBuffer.allocateDirect(1).put((byte) 1).flip(), 70_000));
            for (var name : new String[] {"cut", "grown", "punched", "reserved", "hole"}) {
                tree.time(name, 1000, 0);
            }
        });
        assertThat(snapshots.changes("box", "base-1")).containsExactly("C /cut", "C /grown", "C /hole", "C /punched");
    }

    @FunctionalInterface
    private interface Change {
        int to(int fd);
    }

    private void change(String name, Change change) throws IOException {
        var path = snapshots.path("box").resolve(name).toString();
        try (var fd = Fd.open(snapshots.linux(), FileCalls.AT_FDCWD, path, FileCalls.O_RDWR, 0)) {
            assertThat(change.to(fd.number())).isGreaterThanOrEqualTo(0);
        }
    }

    @Test
    void writingThroughAMapIsFound() throws Exception {
        base();
        snapshots.layer("box", "base-1", tree -> {});
        // in a process of its own: a map ends when it is collected
        var writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        MapWriter.class.getName(),
                        snapshots.path("box").resolve("d7/f3").toString())
                .redirectErrorStream(true)
                .start();
        try (var lines = writer.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("written");
            assertThat(snapshots.changes("box", "base-1")).containsExactly("C /d7", "C /d7/f3");
        } finally {
            writer.destroyForcibly().waitFor();
        }
    }

    /** Writes to a file through a map, and holds it until it is killed. */
    static final class MapWriter {
        private MapWriter() {}

        public static void main(String[] arguments) throws Exception {
            try (var channel =
                    FileChannel.open(Path.of(arguments[0]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                var map = channel.map(FileChannel.MapMode.READ_WRITE, 0, 4);
                map.put(0, (byte) 'X');
                System.out.println("written");
                System.in.read();
                map.put(0, (byte) 'Y');
            }
        }
    }

    @Test
    void whatIsWrittenToTheParentLaterCounts() throws Exception {
        base();
        snapshots.layer("box", "base-1", tree -> tree.overwrite("d7/f3", "changed here"));
        snapshots
                .tree("base-1")
                .overwrite("d2/f2", "changed there")
                .remove("d3/f3")
                .file("d4/new", "n")
                .remove("d5");
        assertThat(snapshots.changes("box", "base-1"))
                .contains("C /d2/f2", "A /d3/f3", "D /d4/new", "A /d5", "A /d5/f1", "C /d7/f3");
        assertThat(snapshots.changes("base-1", "box")).contains("C /d2/f2", "D /d3/f3", "A /d4/new", "D /d5");
    }

    @Test
    void theSameChangeOnBothSidesInOneMomentIsCompared() throws Exception {
        base();
        snapshots.layer("box", "base-1", tree -> {});
        var here = snapshots.tree("box");
        var there = snapshots.tree("base-1");
        for (var i = 0; i < 15; i++) {
            var name = "d7/f" + i;
            here.patch(name, 0, "X");
            there.patch(name, 0, i % 2 == 0 ? "X" : "Y");
            here.time(name, 1000, 0);
            there.time(name, 1000, 0);
            here.file("d8/x" + i, "");
            there.file("d8/y" + i, "");
        }
        var changes = snapshots.changes("box", "base-1");
        assertThat(changes).contains("C /d7/f1", "A /d8/x1", "D /d8/y1").doesNotContain("C /d7/f2");
    }

    @Test
    void anyRelationIsCompared() throws Exception {
        base();
        snapshots.layer("one", "base-1", tree -> tree.overwrite("d1/f1", "1").file("one", "1"));
        snapshots.layer("two", "one", tree -> tree.overwrite("d2/f2", "2").remove("one"));
        snapshots.layer("three", "two", tree -> tree.overwrite("d3/f3", "3"));
        snapshots.layer("aside", "one", tree -> tree.overwrite("d4/f4", "4").overwrite("d1/f1", "aside"));
        snapshots.tree("one").file("later", "l");
        assertThat(snapshots.changes("three", "base-1"))
                .containsExactly("C /d1", "C /d1/f1", "C /d2", "C /d2/f2", "C /d3", "C /d3/f3");
        assertThat(snapshots.changes("three", "one")).contains("C /d2/f2", "D /later", "D /one");
        assertThat(snapshots.changes("aside", "three")).contains("C /d1/f1", "C /d3/f3", "A /one");
        assertThat(snapshots.changes("base-1", "three")).contains("C /d2/f2");
        for (var pair : new String[][] {{"three", "base-1"}, {"aside", "three"}, {"base-1", "three"}}) {
            assertThat(snapshots.calls("getdents", pair[0], pair[1]))
                    .as(pair[0] + " against " + pair[1])
                    .isLessThanOrEqualTo(4 + ROOTS);
        }
        snapshots.layer("stranger", "", tree -> tree.file("f", "f"));
        assertThat(snapshots.changes("stranger", "base-1")).contains("A /f", "D /d1");
    }

    @Test
    void anotherSubvolumeInTheParentsPlaceIsNotTakenForIt() throws Exception {
        base();
        snapshots.layer("other", "", tree -> tree.directory("d1").file("d1/f1", "other"));
        snapshots.layer("box", "base-1", tree -> {});
        Files.move(snapshots.path("base-1"), snapshots.path("kept"));
        Files.move(snapshots.path("other"), snapshots.path("base-1"));
        assertThat(snapshots.changes("box", "base-1")).contains("C /d1/f1", "A /d2");
    }

    @Test
    void subvolumesInsideAreComparedAsWhatTheyShow() throws Exception {
        base();
        nested("base-1", "d1", "n");
        snapshots.tree("base-1").file("d1/n/inside", "i");
        nested("base-1", "", "m");
        // in a snapshot they are empty folders
        snapshots.layer("box", "base-1", tree -> tree.overwrite("d2/f2", "changed"));
        assertThat(snapshots.path("box").resolve("d1/n")).isEmptyDirectory();
        assertThat(snapshots.list("box", "base-1")).contains("D /d1/n/inside", "C /d2/f2");
        assertThat(snapshots.list("base-1", "box")).contains("A /d1/n/inside", "C /d2/f2");
        nested("box", "d3", "own");
        snapshots
                .tree("box")
                .file("d3/own/f", "f")
                .remove("d1/n")
                .directory("d1/n")
                .file("d1/n/now", "n");
        assertThat(snapshots.list("box", "base-1")).contains("A /d3/own/f", "A /d1/n/now", "D /d1/n/inside");
        nested("box", "", "p");
        nested("base-1", "", "p");
        snapshots.tree("box").file("p/same number", "here").file("p/f", "f");
        snapshots.tree("base-1").file("p/same number", "there").file("p/f", "f");
        assertThat(snapshots.list("box", "base-1")).contains("C /p/same number");
        snapshots.layer("child", "box", tree -> {});
        assertThat(snapshots.list("child", "base-1")).contains("A /d3/own", "D /d1/n/inside");
        snapshots.layer("twin", "base-1", tree -> {});
        assertThat(snapshots.list("twin", "box")).contains("D /d3/own");
    }

    /** The kernel makes them up with the time of the moment. */
    @Test
    void foldersThatStandForSubvolumesHaveASteadyTime() throws Exception {
        snapshots.layer("base-1", "", tree -> tree.directory("d"));
        nested("base-1", "d", "n");
        snapshots.layer("box", "base-1", tree -> tree.time("d", 1234567890, 5));
        snapshots.layer("same", "box", tree -> {});
        for (var layer : new String[] {"box", "same"}) {
            var archive = new java.io.ByteArrayOutputStream();
            snapshots.store().diff(new LayerId(layer), Optional.empty(), archive);
            assertThat(storage.testkit.tree.TarText.lines(archive.toByteArray()))
                    .anyMatch(line -> line.startsWith("d/n/ ") && line.contains("t=2009-02-13T23:31:30.000000005Z"));
        }
    }

    /** Subvolumes are numbered like inodes: a folder and a subvolume of one name may have one number, too. */
    @Test
    void subvolumesThatLookLikeInodesAreNotTakenForThem() throws Exception {
        var numbered = new ArrayList<String>();
        snapshots.layer("base-1", "", tree -> {
            for (var i = 0; i < 600; i++) {
                tree.directory("n" + i).file("n" + i + "/f", "f");
                numbered.add("n" + i);
            }
        });
        snapshots.layer("box", "base-1", tree -> {});
        var next = new Subvolumes(snapshots.linux());
        var alike = false;
        for (var name : numbered) {
            var inode = snapshots.tree("box").stat(name).inode;
            snapshots.tree("box").remove(name);
            nested("box", "", name);
            try (var fd = Fd.directory(snapshots.linux(), snapshots.path("box").toString())) {
                alike = next.nested(fd.number()).stream().anyMatch(n -> n.tree() == inode);
            }
            if (alike) {
                break;
            }
            snapshots.tree("box").remove(name);
        }
        assertThat(alike).isTrue();
        assertThat(snapshots.changes("box", "base-1")).isNotEmpty().anyMatch(change -> change.endsWith("/f"));
    }

    private void nested(String layer, String folder, String name) throws IOException {
        try (var fd = Fd.directory(
                snapshots.linux(), snapshots.path(layer).resolve(folder).toString())) {
            new Subvolumes(snapshots.linux()).create(fd.number(), name);
        }
    }

    @Test
    void oddNamesAreFound() throws Exception {
        snapshots.layer("base-1", "", tree -> tree.directory("e\udcff\n").file("e\udcff\n/\udc80", "1"));
        snapshots.layer(
                "box", "base-1", tree -> tree.overwrite("e\udcff\n/\udc80", "2").file("e\udcff\n/ü", "3"));
        assertThat(snapshots.changes("box", "base-1"))
                .containsExactly("C /e\udcff\n", "C /e\udcff\n/\udc80", "A /e\udcff\n/ü");
    }

    @Test
    void filledImageDiffersByItsArchive() throws Exception {
        base();
        var image = new LayerId("image");
        snapshots.store().create(image, Optional.of(new LayerId("base-1")), LayerOptions.NONE);
        assertThat(snapshots.changes("image", "base-1")).isEmpty();
        snapshots.store().applyDiff(image, new TarMaker().file("d1/f1", "new").whiteout("d2").stream());
        assertThat(snapshots.changes("image", "base-1")).containsExactly("C /d1", "C /d1/f1", "D /d2");
        snapshots.layer("box", "image", tree -> tree.file("d3/new", "n"));
        assertThat(snapshots.changes("box", "image")).containsExactly("C /d3", "A /d3/new");
        assertThat(snapshots.calls("getdents", "box", "image")).isLessThanOrEqualTo(4 + ROOTS);
    }

    @Test
    void searchThatIsForbiddenLeadsToAFullComparison() throws Exception {
        snapshots.close();
        snapshots = new Snapshots(BTRFS.path(), NoTreeSearch.around(Linux.syscalls()));
        base();
        snapshots.layer("box", "base-1", tree -> tree.overwrite("d7/f3", "changed"));
        assertThat(snapshots.changes("box", "base-1")).containsExactly("C /d7", "C /d7/f3");
        assertThat(snapshots.calls("getdents", "box", "base-1")).isGreaterThan(40);
        // where times of change cannot tell what was the parent's
        snapshots.tree("base-1").patch("d2/f2", 0, "X");
        assertThat(snapshots.changes("box", "base-1")).contains("C /d2/f2", "C /d7/f3");
    }
}
