package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import storage.api.Change;
import storage.api.LayerId;
import storage.linux.Errno;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TreeMaker;

/** What layers differ in, and that the difference makes the same layer again. */
abstract class DiffRules extends DiffWords {
    private LayerId base() throws Exception {
        return bench().image(
                        "ground",
                        "",
                        new TarMaker()
                                .directory("etc", 0755)
                                .file("etc/motd", "hello")
                                .file("etc/conf", "0123456789")
                                .directory("lib", 0755)
                                .directory("lib/deep", 0755)
                                .file("lib/deep/one", "1")
                                .file("lib/two", "22")
                                .link("lib/three", "lib/two")
                                .symlink("lib/current", "deep")
                                .directory("empty", 0700)
                                .bytes());
    }

    @Test
    void nothingChangedIsNoChange() throws Exception {
        var base = base();
        var box = bench().layer("box", "ground", tree -> {});
        assertThat(changes(box, base)).isEmpty();
        assertThat(store().diffSize(box, on(base))).isZero();
        assertRoundTrip(box, base);
    }

    @Test
    void changesAreNamed() throws Exception {
        var base = base();
        var box = bench().layer(
                        "box",
                        "ground",
                        tree -> tree.file("etc/new", "n")
                                .remove("etc/motd")
                                .overwrite("lib/deep/one", "longer")
                                .remove("empty")
                                .directory("srv")
                                .file("srv/data", "d"));
        assertThat(changes(box, base))
                .containsExactlyInAnyOrder(
                        "C /etc",
                        "A /etc/new",
                        "D /etc/motd",
                        "C /lib",
                        "C /lib/deep",
                        "C /lib/deep/one",
                        "D /empty",
                        "A /srv",
                        "A /srv/data");
        assertThat(store().diffSize(box, on(base))).isEqualTo(1 + 6 + 1);
        var paths = store().changes(box, on(base)).stream().map(Change::path).toList();
        assertThat(paths.indexOf("/srv")).isLessThan(paths.indexOf("/srv/data"));
        assertRoundTrip(box, base);
    }

    @Test
    void attributesAloneAreChanges() throws Exception {
        var base = base();
        var box = bench().layer("box", "ground", tree -> {
            tree.mode("etc/motd", 0600).mode("empty", 0755).time("lib/two", 99, 1);
            if (bench().privileged()) {
                tree.owner("etc/conf", bench().outside(12), bench().outside(34))
                        .owner("lib/current", bench().outside(5), bench().outside(6));
            }
        });
        assertThat(changes(box, base)).contains("C /etc/motd", "C /empty", "C /lib/two");
        if (bench().privileged()) {
            assertThat(changes(box, base)).contains("C /etc/conf", "C /lib/current");
        }
        assertRoundTrip(box, base);
    }

    @Test
    void editOfTheSameSizeAndTimeIsFound() throws Exception {
        var base = base();
        var box = bench().layer("box", "ground", tree -> {
            var before = tree.stat("etc/conf");
            tree.patch("etc/conf", 4, "X");
            tree.time("etc/conf", before.modifiedSeconds, before.modifiedNanos);
        });
        assertThat(changes(box, base)).contains("C /etc/conf");
        assertRoundTrip(box, base);
    }

    @Test
    void fractionOfASecondIsAChange() throws Exception {
        var base = bench().layer("ground", "", tree -> tree.file("f", "x").time("f", 1000, 1));
        var box = bench().layer("box", "ground", tree -> tree.time("f", 1000, 2));
        assertThat(changes(box, base)).containsExactly("C /f");
        assertRoundTrip(box, base);
    }

    @Test
    void directoriesThatChangedPlacesAreFound() throws Exception {
        // files of equal size and time, untouched themselves: only their directories moved
        var base = bench().layer("ground", "", tree -> {
            tree.directory("top").directory("top/a").directory("top/b");
            tree.file("top/a/f", "one").file("top/b/f", "two");
            for (var path : new String[] {"top/a/f", "top/b/f", "top/a", "top/b"}) {
                tree.time(path, 1000, 0);
            }
        });
        store().createReadWrite(id("box"), on(base), NONE);
        try (var mount = store().mount(id("box"))) {
            var tree = new TreeMaker(bench().linux(), mount.path());
            if (tree.rename("top/a", "top/c") == 0) {
                Errno.check(tree.rename("top/b", "top/a"), "rename", "top/b");
                Errno.check(tree.rename("top/c", "top/b"), "rename", "top/c");
            } else {
                // a union filesystem moves no lower directory: what a program does then
                tree.overwrite("top/a/f", "two").overwrite("top/b/f", "one");
                tree.time("top/a/f", 1000, 0).time("top/b/f", 1000, 0);
            }
            assertThat(tree.read("top/a/f")).isEqualTo("two");
        }
        assertThat(changes(id("box"), base)).contains("C /top/a/f", "C /top/b/f");
        assertRoundTrip(id("box"), base);
    }

    @Test
    void replacedDirectoryHidesWhatWasBelow() throws Exception {
        var base = base();
        var box = bench().layer(
                        "box",
                        "ground",
                        tree -> tree.remove("lib").directory("lib").file("lib/fresh", "f"));
        assertThat(changes(box, base))
                .contains("A /lib/fresh", "D /lib/two", "D /lib/deep")
                .doesNotContain("D /lib");
        assertRoundTrip(box, base);
    }

    @Test
    void directoryEmptiedAndMadeAnewStaysEmpty() throws Exception {
        var base = base();
        var box = bench().layer("box", "ground", tree -> tree.remove("lib/deep").directory("lib/deep"));
        assertThat(bench().show(box)).doesNotContainKey("/lib/deep/one");
        assertRoundTrip(box, base);
    }

    @Test
    void anyTypeReplacesAnyOther() throws Exception {
        var base = base();
        var box = bench().layer(
                        "box",
                        "ground",
                        tree -> tree.remove("lib")
                                .symlink("lib", "etc")
                                .remove("etc/motd")
                                .directory("etc/motd")
                                .file("etc/motd/x", "x")
                                .remove("empty")
                                .fifo("empty")
                                .remove("etc/conf")
                                .symlink("etc/conf", "/nowhere"));
        assertThat(changes(box, base)).contains("C /lib", "C /etc/motd", "A /etc/motd/x", "C /empty", "C /etc/conf");
        assertRoundTrip(box, base);
    }

    @Test
    void renamedDirectoryIsGoneAndNew() throws Exception {
        var base = base();
        store().createReadWrite(id("box"), on(base), NONE);
        bench().edit(id("box"), tree -> {
            var result = tree.rename("lib", "usr");
            if (result == -Errno.EXDEV) {
                tree.directory("usr")
                        .directory("usr/deep")
                        .file("usr/deep/one", "1")
                        .remove("lib");
            } else {
                Errno.check(result, "rename", "lib");
            }
        });
        assertThat(changes(id("box"), base)).contains("D /lib", "A /usr", "A /usr/deep", "A /usr/deep/one");
        assertRoundTrip(id("box"), base);
    }

    @Test
    void linksInsideALayerStayLinks() throws Exception {
        var base = base();
        var box = bench().layer(
                        "box",
                        "ground",
                        tree -> tree.file("n1", "new").link("n2", "n1").link("etc/n3", "n1"));
        assertThat(changes(box, base)).contains("A /n1", "A /n2", "A /etc/n3");
        var shown = bench().show(box);
        assertThat(shown.get("/n2")).contains(" = ");
        assertThat(store().diffSize(box, on(base))).as("each inode once").isEqualTo(3);
        assertRoundTrip(box, base);
    }

    @Test
    void linkToAFileOfTheParentIsAFile() throws Exception {
        var base = base();
        var box = bench().layer(
                        "box", "ground", tree -> tree.link("old", "etc/motd").link("etc/third", "lib/two"));
        assertThat(changes(box, base)).contains("A /old", "A /etc/third");
        assertLooseRoundTrip(box, base);
    }

    @Test
    void specialFilesAndAttributesComeThrough() throws Exception {
        var base = base();
        var box = bench().layer("box", "ground", tree -> {
            tree.fifo("pipe").hole("sparse", 5 << 20).patch("sparse", 3 << 20, "in the middle");
            tree.file("setuid", "s").mode("setuid", 04755);
            tree.directory("sticky", 03777)
                    .file("x".repeat(bench().factory().longestName()), "long")
                    .file("new\nline", "n");
            if (bench().privileged()) {
                tree.device("null", storage.linux.Stat.S_IFCHR, 1, 3);
                tree.device("disk", storage.linux.Stat.S_IFBLK, 259, 1000);
                tree.owner("setuid", bench().outside(70_000), bench().outside(80_000))
                        .mode("setuid", 06711);
                var capability = new byte[20];
                capability[3] = 2;
                capability[5] = 0x20;
                tree.file("ping", "p").xattr("ping", "security.capability", capability);
            }
        });
        assertRoundTrip(box, base);
    }

    @Test
    void rootsOwnModeComesThrough() throws Exception {
        var base = base();
        var box = bench().layer("box", "ground", tree -> tree.mode("", 0711));
        assertRoundTrip(box, base);
    }

    @Test
    void layersAreComparedWithAnyOther() throws Exception {
        var base = base();
        bench().layer("one", "ground", tree -> tree.file("one", "1").remove("etc/motd"));
        bench().layer("two", "one", tree -> tree.file("two", "22").overwrite("one", "11"));
        bench().layer("aside", "ground", tree -> tree.file("aside", "333"));
        assertThat(withoutAncestors(changes(id("two"), base)))
                .containsExactlyInAnyOrder("A /one", "A /two", "D /etc/motd");
        assertThat(withoutAncestors(changes(id("two"), id("one")))).containsExactlyInAnyOrder("C /one", "A /two");
        assertThat(withoutAncestors(changes(id("aside"), id("two"))))
                .containsExactlyInAnyOrder("A /aside", "A /etc/motd", "D /one", "D /two");
        assertThat(changes(id("two"), id("two"))).isEmpty();
        assertThat(store().diffSize(id("aside"), on(id("two")))).isEqualTo(3 + 5);
    }

    @Test
    void againstNothingEverythingIsNew() throws Exception {
        var base = base();
        var all = store().changes(base, NOTHING).stream().map(Change::toString).toList();
        assertThat(all).contains("A /etc", "A /etc/motd", "A /lib/current", "A /empty");
        assertThat(all).noneMatch(change -> change.startsWith("D ") || change.startsWith("C /e"));
        assertThat(store().diffSize(base, NOTHING)).isEqualTo(5 + 10 + 1 + 2);
    }

    @Test
    void heldLayerIsCompared() throws Exception {
        var base = base();
        var box = bench().layer("box", "ground", tree -> {});
        try (var mount = store().mount(box)) {
            new TreeMaker(bench().linux(), mount.path()).file("live", "l");
            assertThat(changes(box, base)).containsExactly("A /live");
            assertRoundTrip(box, base);
        }
    }

    @Test
    void filledImageDiffersFromItsParentByItsArchive() throws Exception {
        var base = base();
        // the same size and time as below, and other bytes
        bench().image(
                        "next",
                        "ground",
                        new TarMaker()
                                .file("etc/conf", "9876543210")
                                .whiteout("lib/deep")
                                .file("n", "n")
                                .bytes());
        assertThat(withoutAncestors(changes(id("next"), base)))
                .containsExactlyInAnyOrder("C /etc/conf", "D /lib/deep", "A /n");
        assertRoundTrip(id("next"), base);
    }
}
