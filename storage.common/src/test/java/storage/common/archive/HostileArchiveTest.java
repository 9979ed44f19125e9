package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.api.StorageException.Kind.BAD_ARCHIVE;
import static storage.api.StorageException.Kind.LIMIT_EXCEEDED;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.common.Gate;
import storage.common.Tree;

/** What has broken into others: each case with its outcome, and nothing outside the root is ever touched. */
class HostileArchiveTest {
    @TempDir
    Path folder;

    private Tree outside;
    private Tree root;
    private Map<String, String> before;

    @BeforeEach
    void setUp() throws IOException {
        Gate.root();
        outside = Tree.make(folder, "outside");
        outside.file("victim", "untouched").directory("etc").file("etc/passwd", "root");
        root = Tree.make(folder, "root");
        before = outside.snapshot();
    }

    @AfterEach
    void nothingOutsideIsTouched() throws IOException {
        if (root != null) {
            assertThat(outside.snapshot()).isEqualTo(before);
            try (var all = Tree.open(folder.toString())) {
                assertThat(all.exists("escaped")).isFalse();
            }
            root.close();
            outside.close();
            // JUnit warns of links that lead out
            try (var all = Tree.open(folder.toString())) {
                all.remove("root");
            }
        }
    }

    private void unpack(Tar tar) throws IOException {
        Unpacking.unpack(root, tar);
    }

    @Test
    void dotDotEndsAtTheRoot() throws IOException {
        unpack(new Tar()
                .file("../escaped", "x")
                .file("a/../../../b", "y")
                .dir("..")
                .dir("/"));
        assertThat(root.snapshot().keySet()).containsExactly("b", "escaped");
    }

    @Test
    void absoluteNamesBeginAtTheRoot() throws IOException {
        unpack(new Tar().file("/etc/passwd", "x").file("//a", "y"));
        assertThat(root.snapshot().keySet()).containsExactly("a", "etc", "etc/passwd");
    }

    @Test
    void linksLeadNoFurtherThanTheRoot() throws IOException {
        unpack(new Tar()
                .symlink("out", outside.path)
                .file("out/victim", "inside")
                .symlink("up", "../../../../..")
                .file("up/above", "inside")
                .symlink("kernel", "/proc/self/root")
                .file("kernel/x", "inside"));
        assertThat(root.content(outside.path.substring(1) + "/victim")).isEqualTo("inside");
        assertThat(root.content("above")).isEqualTo("inside");
        assertThat(root.content("proc/self/root/x")).isEqualTo("inside");
    }

    @Test
    void linksOfTwoStepsLeadNoFurther() throws IOException {
        unpack(new Tar()
                .symlink("one", "..")
                .symlink("two", "one/../../" + outside.path)
                .file("two/victim", "inside"));
        assertThat(root.content(outside.path.substring(1) + "/victim")).isEqualTo("inside");
    }

    @Test
    void aLinkIsReplacedAndNotWrittenThrough() throws IOException {
        unpack(new Tar()
                .symlink("f", outside.path + "/victim")
                .file("f", "inside")
                .symlink("d", outside.path)
                .dir("d")
                .file("d/g", "x"));
        assertThat(root.content("f")).isEqualTo("inside");
        assertThat(root.stat("d").isDirectory()).isTrue();
    }

    @Test
    void circlesAreRefused() {
        var circle = new Tar().symlink("a", "b").symlink("b", "a").file("a/x", "");
        assertThat(Unpacking.refused(root, circle, BAD_ARCHIVE)).contains("symbolic links");
    }

    @Test
    void hardLinksStayInside() throws IOException {
        assertThat(Unpacking.refused(root, new Tar().link("l", "../../outside/victim"), BAD_ARCHIVE))
                .contains("not there");
        assertThat(Unpacking.refused(root, new Tar().link("l", outside.path + "/victim"), BAD_ARCHIVE))
                .contains("not there");
        assertThat(Unpacking.refused(
                        root, new Tar().symlink("out", outside.path).link("l", "out/victim"), BAD_ARCHIVE))
                .contains("not there");
    }

    @Test
    void aHardLinkToALinkIsThatLink() throws IOException {
        unpack(new Tar().symlink("s", outside.path + "/victim").link("h", "s").file("h", "inside"));
        assertThat(root.stat("s").isSymlink()).isTrue();
        assertThat(root.content("h")).isEqualTo("inside");
    }

    @Test
    void aHardLinkIsNotWrittenThrough() throws IOException {
        root.file("below", "old");
        unpack(new Tar().link("h", "below").file("h", "new"));
        assertThat(root.content("below")).isEqualTo("old");
    }

    @Test
    void hardLinksToNothingOrDirectoriesAreRefused() {
        Unpacking.refused(root, new Tar().link("l", "later").file("later", ""), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().dir("d").link("l", "d"), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().link("l", "/"), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().link("l", "l"), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().link("l", ".wh.x"), BAD_ARCHIVE);
    }

    @Test
    void whiteoutsStayInside() throws IOException {
        unpack(new Tar()
                .file("../.wh.outside", "")
                .symlink("out", outside.path)
                .file("out/.wh.victim", "")
                .file("out/.wh..wh..opq", ""));
        assertThat(outside.exists("victim")).isTrue();
    }

    @Test
    void whiteoutsDoNotFollow() throws IOException {
        root.symlink("s", outside.path + "/victim").symlink("d", outside.path);
        unpack(new Tar().file(".wh.s", "").file(".wh.d", ""));
        assertThat(root.snapshot()).isEmpty();
    }

    @Test
    void whiteoutsOfNothingAreRefused() {
        for (var name : new String[] {".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh..."}) {
            assertThat(Unpacking.refused(root, new Tar().file(name, ""), BAD_ARCHIVE))
                    .contains("hides no name");
        }
    }

    @Test
    void reservedNamesAreRefused() {
        for (var name : new String[] {".wh..wh.plnk", ".wh..wh.aufs", "a/.wh..wh.x", ".wh..wh."}) {
            assertThat(Unpacking.refused(root, new Tar().file(name, ""), BAD_ARCHIVE))
                    .contains("reserved");
        }
        Unpacking.refused(root, new Tar().dir(".wh..wh.plnk"), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().file(".wh.a/b", ""), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().file(".wh..wh..opq/b", ""), BAD_ARCHIVE);
    }

    @Test
    void filesAreNoDirectories() {
        Unpacking.refused(root, new Tar().file("f", "").file("f/g", ""), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().file("/", ""), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().symlink(".", "x"), BAD_ARCHIVE);
    }

    @Test
    void attributesOfUnionFilesystemsAreDropped() throws IOException {
        unpack(new Tar()
                .xattr("trusted.overlay.opaque", "y")
                .xattr("user.overlay.opaque", "y")
                .xattr("trusted.overlay.redirect", "/etc")
                .xattr("trusted.other", "x")
                .xattr("security.selinux", "x")
                .dir("d")
                .xattr("trusted.overlay.metacopy", "")
                .file("f", "x"));
        for (var name : new String[] {"d", "f"}) {
            var names = new byte[1000];
            var length = Tree.LINUX.listxattr(storage.api.FileNames.encode(root.path + "/" + name), names);
            assertThat(storage.api.FileNames.decode(names, 0, Math.max(0, length)))
                    .doesNotContain("overlay", "other");
        }
    }

    @Test
    void modesOutsideAreNotChanged() throws IOException {
        // CVE-2021-32760: a mode set through a link
        unpack(new Tar()
                .symlink("d", outside.path)
                .mode(0777)
                .entry((byte) '5', "d/", "", new byte[0], 0777, 0, 0)
                .symlink("f", outside.path + "/victim")
                .mode(04777)
                .file("f", ""));
    }

    @Test
    void theCharacterDeviceOfWhiteoutsIsAWhiteout() throws IOException {
        root.file("f", "below");
        unpack(new Tar().device("f", 'c', 0, 0).device("g", 'c', 0, 0));
        assertThat(root.snapshot()).isEmpty();
    }

    @Test
    void longNamesAreRefused() throws IOException {
        unpack(new Tar().file("n".repeat(255), "x"));
        Unpacking.refused(root, new Tar().file("n".repeat(256), "x"), LIMIT_EXCEEDED);
        Unpacking.refused(root, new Tar().file("d/".repeat(2047) + "toolong", "x"), LIMIT_EXCEEDED);
        Unpacking.refused(root, new Tar().symlink("l", "t".repeat(4096)), LIMIT_EXCEEDED);
        unpack(new Tar().file("e/".repeat(2000) + "f", "deep"));
        assertThat(root.exists("e/".repeat(2000) + "f")).isTrue();
        // JUnit takes minutes for it
        root.remove("e");
    }

    @Test
    void zeroBytesInNamesAreRefused() {
        Unpacking.refused(root, new Tar().pax("path=a\0b").header("x", '0', 0), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().pax("linkpath=a\0b").header("x", '2', 0), BAD_ARCHIVE);
    }

    @Test
    void oddNamesAreKept() throws IOException {
        unpack(new Tar()
                .file("new\nline", "1")
                .file("\udcff\udcfe", "2")
                .file(" ", "3")
                .file("-rf", "4")
                .file("...", "5"));
        assertThat(root.snapshot().keySet()).containsExactlyInAnyOrder("new\nline", "\udcff\udcfe", " ", "-rf", "...");
    }

    @Test
    void ownersThatNoFileHasAreRefused() {
        Unpacking.refused(root, new Tar().pax("uid=4294967295").header("x", '0', 0), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().pax("gid=99999999999").header("x", '0', 0), BAD_ARCHIVE);
        Unpacking.refused(
                root, new Tar().header("x", '0', 0, 108, new byte[] {-1, -1, -1, -1, -1, -1, -1, -2}), BAD_ARCHIVE);
    }

    @Test
    void limitsHold() {
        var limits = ArchiveLimits.DEFAULT.withMaxBytes(10).withMaxEntries(3);
        Unpacking.refused(root, new Tar().file("a", "x".repeat(11)).bytes(), LIMIT_EXCEEDED, limits);
        Unpacking.refused(
                root,
                new Tar().file("a", "x".repeat(6)).file("b", "x".repeat(6)).bytes(),
                LIMIT_EXCEEDED,
                limits);
        Unpacking.refused(root, new Tar().dir("a").dir("b").dir("c").dir("d").bytes(), LIMIT_EXCEEDED, limits);
        var few = new ArchiveLimits(100, 100, 2, 10, 20, 1, 10);
        Unpacking.refused(root, new Tar().file("a/b/c", "").bytes(), LIMIT_EXCEEDED, few);
        Unpacking.refused(root, new Tar().file("12345678901", "").bytes(), LIMIT_EXCEEDED, few);
        Unpacking.refused(
                root,
                new Tar().xattr("user.a", "").xattr("user.b", "").file("x", "").bytes(),
                LIMIT_EXCEEDED,
                few);
        Unpacking.refused(root, new Tar().xattr("user.a", "12345").file("x", "").bytes(), LIMIT_EXCEEDED, few);
    }

    @Test
    void hugeSizesAreLimited() {
        Unpacking.refused(root, new Tar().pax("size=9223372036854775807").header("x", '0', 0), BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().pax("size=9223372036854770000").header("x", '0', 0), LIMIT_EXCEEDED);
        Unpacking.refused(root, new Tar().pax("size=-1").header("x", '0', 0), BAD_ARCHIVE);
        Unpacking.refused(
                root,
                new Tar().header("x", '0', 0, 124, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}),
                BAD_ARCHIVE);
        Unpacking.refused(root, new Tar().header("h", 'x', 1L << 32).raw(new byte[512]), LIMIT_EXCEEDED);
        Unpacking.refused(root, new Tar().header("h", 'L', 1L << 32).raw(new byte[512]), LIMIT_EXCEEDED);
    }

    @Test
    void everyTypeReplacesEveryOther() throws IOException {
        for (var first = 0; first < 6; first++) {
            for (var second = 0; second < 6; second++) {
                root.remove("x");
                unpack(typed(first).file("t", "t"));
                unpack(typed(second));
                var expected = Tree.make(folder, "expected");
                Unpacking.unpack(expected, typed(second).file("t", "t"));
                assertThat(root.snapshot().get("x"))
                        .isEqualTo(expected.snapshot().get("x"));
                expected.close();
                try (var all = Tree.open(folder.toString())) {
                    all.remove("expected");
                }
            }
        }
    }

    private static Tar typed(int type) {
        return switch (type) {
            case 0 -> new Tar().file("x", "content");
            case 1 -> new Tar().dir("x").file("x/y", "");
            case 2 -> new Tar().symlink("x", "t");
            case 3 -> new Tar().fifo("x");
            case 4 -> new Tar().device("x", 'b', 7, 0);
            default -> new Tar().dir("x");
        };
    }

    @Test
    void setUserIdComesAfterTheOwner() throws IOException {
        unpack(new Tar()
                .owner(1000, 1001)
                .mode(06755)
                .file("f", "x")
                .owner(5, 6)
                .mode(03777)
                .dir("d"));
        assertThat(root.snapshot())
                .containsEntry("f", "file \"x\" 6755 1000:1001 " + Tar.TIME + ".0")
                .containsEntry("d", "dir 3777 5:6 " + Tar.TIME + ".0");
    }
}
