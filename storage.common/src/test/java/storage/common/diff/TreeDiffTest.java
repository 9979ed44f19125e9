package storage.common.diff;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.Change;
import storage.api.IdMaps;
import storage.common.Gate;
import storage.common.Tree;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.common.tree.TreeCopy;
import storage.linux.Stat;

class TreeDiffTest {
    @TempDir
    Path folder;

    private Tree older;
    private Tree newer;

    @BeforeEach
    void setUp() throws IOException {
        Gate.root();
        older = Tree.make(folder, "older");
        newer = Tree.make(folder, "newer");
        older.file("etc/passwd", "root")
                .file("etc/deep/er/f", "1")
                .file("gone/x", "")
                .file("same", "same")
                .symlink("l", "a")
                .directory("d")
                .mknod("dev", 0020600, Stat.device(1, 3));
    }

    @AfterEach
    void tearDown() {
        if (older != null) {
            older.close();
            newer.close();
        }
    }

    private void copy() throws IOException {
        TreeCopy.copy(Tree.LINUX, older.fd(), newer.fd(), TreeCopy.Mode.CONTENT);
    }

    private List<String> changes() throws IOException {
        return changes(DiffOptions.DEFAULT);
    }

    private List<String> changes(DiffOptions options) throws IOException {
        return Told.changes(Tree.LINUX, older.fd(), newer.fd(), options).stream()
                .map(Change::toString)
                .toList();
    }

    @Test
    void aCopyIsNoDifference() throws IOException {
        copy();
        assertThat(changes()).isEmpty();
        assertThat(Told.size(Tree.LINUX, older.fd(), newer.fd(), DiffOptions.DEFAULT))
                .isZero();
    }

    @Test
    void changesAreToldAsTheEngineTellsThem() throws IOException {
        copy();
        newer.file("etc/passwd", "root and more").file("etc/new", "").file("a/b", "x");
        newer.remove("gone");
        newer.remove("d");
        newer.file("d", "now a file");
        newer.remove("same");
        newer.file("same/child", "now a directory");
        newer.file("etc/deep/er/g", "");
        assertThat(changes())
                .containsExactly(
                        "A /a",
                        "A /a/b",
                        "C /d",
                        "C /etc",
                        "C /etc/deep",
                        "C /etc/deep/er",
                        "A /etc/deep/er/g",
                        "A /etc/new",
                        "C /etc/passwd",
                        "D /gone",
                        "C /same",
                        "A /same/child");
        assertThat(Told.size(Tree.LINUX, older.fd(), newer.fd(), DiffOptions.DEFAULT))
                .isEqualTo(1 + 10 + 13 + 15);
    }

    @Test
    void everyAttributeCounts() throws IOException {
        copy();
        newer.chmod("etc/passwd", 0600);
        assertThat(changes()).containsExactly("C /etc", "C /etc/passwd");
        newer.chmod("etc/passwd", 0644).chown("d", 1, 0);
        assertThat(changes()).containsExactly("C /d");
        newer.chown("d", 0, 0);
        var stat = older.stat("l");
        newer.remove("l");
        newer.symlink("l", "b").time("l", stat.modifiedSeconds, stat.modifiedNanos);
        assertThat(changes()).containsExactly("C /l");
        newer.remove("l");
        newer.symlink("l", "a").time("l", stat.modifiedSeconds, stat.modifiedNanos);
        assertThat(changes()).isEmpty();
        stat = older.stat("dev");
        newer.remove("dev");
        newer.mknod("dev", 0020600, Stat.device(1, 5)).time("dev", stat.modifiedSeconds, stat.modifiedNanos);
        assertThat(changes()).containsExactly("C /dev");
        newer.remove("dev");
        newer.mknod("dev", 0020600, Stat.device(1, 3)).time("dev", stat.modifiedSeconds, stat.modifiedNanos);
        stat = older.stat("same");
        newer.time("same", stat.modifiedSeconds, (stat.modifiedNanos + 1) % 1_000_000_000);
        assertThat(changes()).containsExactly("C /same");
        newer.time("same", stat.modifiedSeconds, stat.modifiedNanos);
        if (newer.xattr("same", "user.x", new byte[] {1})) {
            assertThat(changes()).containsExactly("C /same");
            older.xattr("same", "user.x", new byte[] {1});
            assertThat(changes()).isEmpty();
        }
        newer.xattr("etc", "user.x", new byte[] {1});
        older.xattr("etc", "trusted.other", new byte[] {1});
        assertThat(changes().size()).isLessThanOrEqualTo(1);
    }

    @Test
    void anEditOfTheSameSizeAndTimeIsFound() throws IOException {
        copy();
        var stat = older.stat("same");
        newer.file("same", "SAME").time("same", stat.modifiedSeconds, stat.modifiedNanos);
        assertThat(changes()).containsExactly("C /same");
    }

    @Test
    void whatIsOlderThanTheCopyIsNotLookedAt() throws IOException {
        copy();
        var stat = older.stat("same");
        newer.file("same", "SAME").time("same", stat.modifiedSeconds, stat.modifiedNanos);
        var later = newer.stat("same");
        var changed = later.changedSeconds * 1_000_000_000L + later.changedNanos;
        var pristine = new DiffOptions(IdMaps.IDENTITY, Optional.of(changed + 1), Optional.empty());
        assertThat(changes(pristine)).isEmpty();
        var edited = new DiffOptions(IdMaps.IDENTITY, Optional.of(changed), Optional.empty());
        assertThat(changes(edited)).containsExactly("C /same");
    }

    @Test
    void sharedInodesAreTheSame() throws IOException {
        TreeCopy.copy(Tree.LINUX, older.fd(), newer.fd(), TreeCopy.Mode.HARD_LINK);
        assertThat(changes()).isEmpty();
        newer.remove("same");
        newer.file("same", "same");
        assertThat(changes()).containsExactly("C /same");
    }

    @Test
    void theRootsOwnAttributesGoIntoTheArchiveOnly() throws IOException {
        copy();
        newer.chmod(".", 0711).chown(".", 3, 4);
        assertThat(changes()).isEmpty();
        try (var copy = Tree.make(folder, "copy")) {
            TreeCopy.copy(Tree.LINUX, older.fd(), copy.fd(), TreeCopy.Mode.CONTENT);
            apply(copy, pack());
            assertThat(copy.stat(".").permissions()).isEqualTo(0711);
            assertThat(copy.stat(".").gid).isEqualTo(4);
        }
    }

    private byte[] pack() throws IOException {
        var out = new ByteArrayOutputStream();
        Told.pack(Tree.LINUX, older.fd(), newer.fd(), DiffOptions.DEFAULT, out);
        return out.toByteArray();
    }

    private static void apply(Tree tree, byte[] archive) throws IOException {
        LayerUnpacker.unpack(
                Tree.LINUX, UnpackTarget.plain(tree.fd()), new ByteArrayInputStream(archive), UnpackOptions.DEFAULT);
    }

    @Test
    void aDifferenceAppliedGivesTheSameTree() throws IOException {
        for (var seed = 0; seed < 40; seed++) {
            var random = new Random(seed);
            var name = "r" + seed;
            try (var base = Tree.make(folder, name + "a");
                    var changed = Tree.make(folder, name + "b");
                    var applied = Tree.make(folder, name + "c")) {
                older.close();
                newer.close();
                older = Tree.open(base.path);
                newer = Tree.open(changed.path);
                change(older, random, 25);
                copy();
                TreeCopy.copy(Tree.LINUX, base.fd(), applied.fd(), TreeCopy.Mode.CONTENT);
                change(newer, random, 12);
                var archive = pack();
                assertThat(pack()).isEqualTo(archive);
                apply(applied, archive);
                assertThat(Told.changes(Tree.LINUX, newer.fd(), applied.fd(), DiffOptions.DEFAULT))
                        .as(name)
                        .isEmpty();
                assertThat(withoutTimes(applied)).as(name).isEqualTo(withoutTimes(newer));
            }
        }
    }

    /** Directories whose content alone changed keep their own times on neither side, and links may be broken up. */
    private static Map<String, String> withoutTimes(Tree tree) throws IOException {
        var lines = new TreeMap<>(tree.snapshot());
        lines.replaceAll((path, line) ->
                (line.startsWith("dir") ? line.replaceAll(" -?\\d+\\.\\d+", "") : line).replaceAll(" = .*", ""));
        return lines;
    }

    private static void change(Tree tree, Random random, int count) throws IOException {
        for (var i = 0; i < count; i++) {
            var names = new java.util.ArrayList<>(tree.snapshot().keySet());
            var victim = names.isEmpty() ? "x" : names.get(random.nextInt(names.size()));
            var directory = random.nextInt(3) == 0
                            || names.isEmpty()
                            || !tree.stat(victim).isDirectory()
                    ? ""
                    : victim + "/";
            var fresh = directory + "n" + random.nextInt(30);
            switch (random.nextInt(8)) {
                case 0, 1 -> {
                    tree.remove(fresh);
                    tree.file(fresh, "content " + random.nextInt());
                }
                case 2 -> {
                    tree.remove(fresh);
                    tree.directory(fresh);
                }
                case 3 -> {
                    tree.remove(fresh);
                    tree.symlink(fresh, victim);
                }
                case 4 -> tree.remove(victim);
                case 5 -> {
                    if (!names.isEmpty() && !tree.stat(victim).isSymlink()) {
                        tree.chmod(victim, random.nextInt(010000));
                    }
                }
                case 6 -> {
                    if (!names.isEmpty() && !tree.stat(victim).isDirectory() && !tree.exists(fresh)) {
                        tree.link(fresh, victim);
                    }
                }
                default -> {
                    if (!names.isEmpty()) {
                        tree.chown(victim, random.nextInt(5), 7).time(victim, random.nextInt(), random.nextInt(999));
                    }
                }
            }
        }
    }
}
