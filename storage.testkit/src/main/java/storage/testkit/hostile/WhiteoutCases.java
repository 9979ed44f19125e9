package storage.testkit.hostile;

import static storage.testkit.hostile.HostileCase.named;

import java.util.ArrayList;
import java.util.List;
import storage.testkit.hostile.HostileCase.Outcome;

/** Whiteouts and opaque marks, which delete. */
final class WhiteoutCases {
    private WhiteoutCases() {}

    static List<HostileCase> all() {
        var cases = new ArrayList<HostileCase>();
        throughLinks(cases);
        ofNothing(cases);
        opaque(cases);
        oddMarks(cases);
        return cases;
    }

    private static Picture withoutMotd(Picture tree) {
        return tree.file("data/keep", "k")
                .directory("etc")
                .file("usr/bin/sh", "#!")
                .symlink("bin", "usr/bin")
                .symlink("abs", "/usr/bin");
    }

    private static void throughLinks(List<HostileCase> cases) {
        cases.add(named("whiteout-through-a-symlink")
                .aimed(canary -> new RawTar().symlink("l", canary.toString()).whiteout("l/victim"))
                .shown(
                        Outcome.INSIDE,
                        (t, canary) -> t.symlink("l", canary.toString())
                                .directory(canary.toString().substring(1))));
        cases.add(named("whiteout-through-a-symlink-of-a-lower-layer")
                .on(new RawTar().symlink("l", "/etc").file("etc/f", "x").file("etc/g", "y"))
                .tar(new RawTar().whiteout("l/f"))
                .inside(t -> t.symlink("l", "/etc").file("etc/g", "y")));
        cases.add(named("whiteout-of-a-symlink")
                .on(Corpus.ground())
                .tar(new RawTar().whiteout("bin").whiteout("abs"))
                .kept(t -> t.file("data/keep", "k").file("etc/motd", "hello").file("usr/bin/sh", "#!")));
        cases.add(named("whiteout-with-dot-dot")
                .on(Corpus.ground())
                .tar(new RawTar().file("../.wh.bin", "").file("usr/../../etc/.wh.motd", ""))
                .inside(t -> t.file("data/keep", "k")
                        .directory("etc")
                        .file("usr/bin/sh", "#!")
                        .symlink("abs", "/usr/bin")));
        cases.add(named("whiteout-absolute")
                .on(Corpus.ground())
                .tar(new RawTar().file("/etc/.wh.motd", ""))
                .inside(WhiteoutCases::withoutMotd));
        cases.add(named("opaque-through-a-symlink")
                .aimed(canary -> new RawTar().symlink("l", canary.toString()).opaque("l"))
                .shown(
                        Outcome.INSIDE,
                        (t, canary) -> t.symlink("l", canary.toString())
                                .directory(canary.toString().substring(1))));
        cases.add(named("opaque-through-a-symlink-of-a-lower-layer")
                .on(Corpus.ground())
                .tar(new RawTar().opaque("abs"))
                .inside(t -> t.file("data/keep", "k")
                        .file("etc/motd", "hello")
                        .directory("usr")
                        .directory("usr/bin")
                        .symlink("bin", "usr/bin")
                        .symlink("abs", "/usr/bin")));
    }

    private static void ofNothing(List<HostileCase> cases) {
        cases.add(
                named("whiteout-of-the-root").tar(new RawTar().file(".wh.", "")).bad());
        cases.add(named("whiteout-of-dot").tar(new RawTar().file(".wh..", "")).bad());
        cases.add(named("whiteout-of-dot-dot")
                .tar(new RawTar().file(".wh...", ""))
                .bad());
        cases.add(named("whiteout-of-dot-dot-below")
                .tar(new RawTar().file("a/b/.wh...", ""))
                .bad());
        cases.add(named("whiteout-of-a-whiteout")
                .tar(new RawTar().file(".wh..wh.f", ""))
                .bad());
        cases.add(named("whiteout-of-what-is-not-there")
                .on(Corpus.ground())
                .tar(new RawTar().whiteout("none").whiteout("etc/none"))
                .kept(Corpus::ground));
        cases.add(named("whiteout-below-a-file")
                .on(Corpus.ground())
                .tar(new RawTar().whiteout("etc/motd/f"))
                .bad());
        for (var name : List.of(".wh..wh.plnk", ".wh..wh.aufs", "etc/.wh..wh.orph", ".wh..wh.", ".wh..wh..opq2")) {
            cases.add(named("name-reserved " + name)
                    .tar(new RawTar().file(name, ""))
                    .bad());
        }
        cases.add(named("name-reserved-as-a-directory")
                .tar(new RawTar().directory(".wh..wh.plnk").file(".wh..wh.plnk/1.2", "x"))
                .bad());
        cases.add(named("entry-below-a-whiteout")
                .tar(new RawTar().file(".wh.d/f", "x"))
                .bad());
        cases.add(named("entry-below-an-opaque-mark")
                .tar(new RawTar().file(".wh..wh..opq/f", "x"))
                .bad());
    }

    private static void opaque(List<HostileCase> cases) {
        cases.add(named("opaque-root")
                .on(Corpus.ground())
                .tar(new RawTar().file("etc/new", "n").file(".wh..wh..opq", ""))
                .kept(t -> t.file("etc/new", "n")));
        cases.add(named("opaque-root-by-dot-dot")
                .on(Corpus.ground())
                .tar(new RawTar().file("../../.wh..wh..opq", "").file("etc/new", "n"))
                .inside(t -> t.file("etc/new", "n")));
        cases.add(named("opaque-in-what-is-not-there")
                .on(Corpus.ground())
                .tar(new RawTar().opaque("none/such"))
                .kept(t -> Corpus.ground(t).directory("none/such")));
        cases.add(named("opaque-below-a-file")
                .on(Corpus.ground())
                .tar(new RawTar().opaque("etc/motd"))
                .bad());
        cases.add(named("opaque-below-a-file-of-the-archive")
                .tar(new RawTar().file("f", "x").opaque("f"))
                .bad());
        cases.add(named("opaque-twice-and-after-entries")
                .on(Corpus.ground())
                .tar(new RawTar().opaque("etc").file("etc/a", "x").opaque("etc").file("etc/b", "y"))
                .kept(t -> withoutMotd(t).file("etc/a", "x").file("etc/b", "y")));
        cases.add(named("opaque-between-layers")
                .on(Corpus.ground())
                .on(new RawTar().file("etc/middle", "m"))
                .tar(new RawTar().opaque("etc"))
                .kept(WhiteoutCases::withoutMotd));
    }

    private static void oddMarks(List<HostileCase> cases) {
        cases.add(named("whiteout-as-a-directory")
                .on(Corpus.ground())
                .tar(new RawTar().directory("etc/.wh.motd"))
                .kept(WhiteoutCases::withoutMotd));
        cases.add(named("whiteout-as-a-symlink")
                .on(Corpus.ground())
                .aimed(canary -> new RawTar().symlink("etc/.wh.motd", canary + "/victim"))
                .kept(WhiteoutCases::withoutMotd));
        cases.add(named("whiteout-as-a-hard-link")
                .on(Corpus.ground())
                .tar(new RawTar().link("etc/.wh.motd", "/etc/passwd"))
                .kept(WhiteoutCases::withoutMotd));
        cases.add(named("whiteout-with-content")
                .on(Corpus.ground())
                .tar(new RawTar().file("etc/.wh.motd", "x".repeat(2000)))
                .kept(WhiteoutCases::withoutMotd));
        cases.add(named("opaque-as-a-directory")
                .on(Corpus.ground())
                .tar(new RawTar().directory("etc/.wh..wh..opq"))
                .kept(WhiteoutCases::withoutMotd));
        cases.add(named("whiteout-by-a-device-0:0")
                .on(Corpus.ground())
                .tar(new RawTar().device("etc/motd", 'c', 0, 0).device("none", 'c', 0, 0))
                .kept(WhiteoutCases::withoutMotd));
        cases.add(named("whiteout-of-the-archives-own")
                .on(Corpus.ground())
                .tar(new RawTar().file("etc/motd", "x").whiteout("etc/motd"))
                .kept(t -> Corpus.ground(t).file("etc/motd", "x")));
        cases.add(named("whiteout-of-a-directory-that-comes-back")
                .on(Corpus.ground())
                .tar(new RawTar().whiteout("etc").file("etc/new", "n"))
                .kept(t -> withoutMotd(t).file("etc/new", "n")));
    }
}
