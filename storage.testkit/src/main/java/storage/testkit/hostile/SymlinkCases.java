package storage.testkit.hostile;

import static storage.testkit.hostile.HostileCase.named;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import storage.testkit.hostile.HostileCase.Outcome;

/** Symbolic links, and entries that come after them by the same way. */
final class SymlinkCases {
    /** Enough to come out of any folder. */
    private static final String UP = "../".repeat(60);

    private SymlinkCases() {}

    /** Where a name outside lies if the root of the layer is taken for the root of all. */
    static String below(Path canary, String name) {
        return canary.toString().substring(1) + "/" + name;
    }

    static List<HostileCase> all() {
        var cases = new ArrayList<HostileCase>();
        oneStep(cases);
        moreSteps(cases);
        fromBelow(cases);
        replaced(cases);
        return cases;
    }

    private static void oneStep(List<HostileCase> cases) {
        cases.add(named("symlink-absolute-then-entry")
                .aimed(canary -> new RawTar().symlink("l", canary.toString()).file("l/victim", "x"))
                .shown(
                        Outcome.INSIDE,
                        (t, canary) -> t.symlink("l", canary.toString()).file(below(canary, "victim"), "x")));
        cases.add(named("symlink-relative-then-entry")
                .aimed(canary -> new RawTar().symlink("l", UP + canary).file("l/victim", "x"))
                .shown(
                        Outcome.INSIDE,
                        (t, canary) -> t.symlink("l", UP + canary).file(below(canary, "victim"), "x")));
        cases.add(named("symlink-to-parent-then-entry")
                .tar(new RawTar().symlink("l", "..").file("l/f", "x"))
                .inside(t -> t.symlink("l", "..").file("f", "x")));
        cases.add(named("symlink-to-root-then-entry")
                .tar(new RawTar().symlink("l", "/").file("l/f", "x"))
                .inside(t -> t.symlink("l", "/").file("f", "x")));
        for (var target :
                List.of("/proc/self/root", "/proc/self/cwd", "/proc/self/fd/0", "/proc/1/root", "/dev/fd/3")) {
            cases.add(named("symlink-to-proc-then-entry " + target)
                    .tar(new RawTar().symlink("l", target).file("l/f", "x"))
                    .inside(t -> t.symlink("l", target).file(target.substring(1) + "/f", "x")));
        }
        cases.add(named("symlink-then-directory-below")
                .aimed(canary ->
                        new RawTar().symlink("l", canary.toString()).mode(0777).directory("l/d"))
                .shown(
                        Outcome.INSIDE,
                        (t, canary) -> t.symlink("l", canary.toString())
                                .directory(below(canary, "d"))
                                .but(below(canary, "d"), "mode 777")));
        cases.add(named("symlink-to-nothing-then-entry")
                .tar(new RawTar().symlink("l", "nothing").file("l/f", "x"))
                .inside(t -> t.symlink("l", "nothing").file("nothing/f", "x")));
        cases.add(named("symlink-to-a-file-then-entry")
                .tar(new RawTar().file("f", "").symlink("l", "f").file("l/g", "x"))
                .bad());
        cases.add(named("symlink-to-nowhere").tar(new RawTar().symlink("l", "")).bad());
        cases.add(named("symlink-that-only-points")
                .aimed(canary -> new RawTar().symlink("l", canary + "/victim").symlink("shadow", "/etc/shadow"))
                .shown(
                        Outcome.KEPT,
                        (t, canary) -> t.symlink("l", canary + "/victim").symlink("shadow", "/etc/shadow")));
    }

    private static void moreSteps(List<HostileCase> cases) {
        cases.add(named("symlinks-of-two-steps-absolute")
                .aimed(canary -> new RawTar()
                        .symlink("one", canary.toString())
                        .symlink("two", "/one")
                        .file("two/victim", "x"))
                .shown(
                        Outcome.INSIDE,
                        (t, canary) -> t.symlink("one", canary.toString())
                                .symlink("two", "/one")
                                .file(below(canary, "victim"), "x")));
        cases.add(named("symlinks-of-two-steps-relative")
                .aimed(canary -> new RawTar()
                        .symlink("one", "..")
                        .symlink("two", "one/../../" + canary)
                        .file("two/victim", "x"))
                .shown(
                        Outcome.INSIDE,
                        (t, canary) -> t.symlink("one", "..")
                                .symlink("two", "one/../../" + canary)
                                .file(below(canary, "victim"), "x")));
        cases.add(named("symlink-below-a-symlink")
                .aimed(canary -> new RawTar()
                        .directory("d")
                        .symlink("l", "d")
                        .symlink("l/up", UP + canary)
                        .file("d/up/victim", "x"))
                .shown(
                        Outcome.INSIDE,
                        (t, canary) ->
                                t.symlink("l", "d").symlink("d/up", UP + canary).file(below(canary, "victim"), "x")));
        var chain = new RawTar();
        var longer = new RawTar();
        for (var i = 0; i < 40; i++) {
            chain.symlink("l" + i, i == 0 ? "d" : "l" + (i - 1));
            longer.symlink("l" + i, i == 0 ? "d" : "l" + (i - 1));
        }
        cases.add(named("symlinks-of-40-steps").tar(chain.file("l39/f", "x")).inside(t -> {
            for (var i = 0; i < 40; i++) {
                t.symlink("l" + i, i == 0 ? "d" : "l" + (i - 1));
            }
            t.file("d/f", "x");
        }));
        cases.add(named("symlinks-of-41-steps")
                .tar(longer.symlink("l40", "l39").file("l40/f", "x"))
                .bad());
        cases.add(named("symlinks-in-a-circle")
                .tar(new RawTar().symlink("a", "b").symlink("b", "a").file("a/f", "x"))
                .bad());
        cases.add(named("symlink-to-itself")
                .tar(new RawTar().symlink("a", "a").file("a/f", "x"))
                .bad());
    }

    private static void fromBelow(List<HostileCase> cases) {
        cases.add(named("symlink-of-a-lower-layer-then-entry")
                .on(new RawTar().symlink("l", "/etc").symlink("up", UP + "etc"))
                .tar(new RawTar().file("l/f", "x").file("up/g", "y"))
                .inside(t -> t.symlink("l", "/etc")
                        .symlink("up", UP + "etc")
                        .file("etc/f", "x")
                        .file("etc/g", "y")));
        cases.add(named("symlinks-of-two-layers-then-entry")
                .on(new RawTar().symlink("one", "/etc"))
                .on(new RawTar().symlink("two", "one/.."))
                .tar(new RawTar().file("two/f", "x").file("one/g", "y"))
                .inside(t -> t.symlink("one", "/etc")
                        .symlink("two", "one/..")
                        .file("etc/g", "y")
                        .file("f", "x")));
        cases.add(named("symlink-of-a-lower-layer-to-a-lower-directory")
                .on(Corpus.ground())
                .tar(new RawTar().file("bin/f", "x").file("abs/g", "y"))
                .inside(t -> Corpus.ground(t).file("usr/bin/f", "x").file("usr/bin/g", "y")));
    }

    private static void replaced(List<HostileCase> cases) {
        cases.add(named("file-on-a-symlink")
                .aimed(canary -> new RawTar().symlink("l", canary + "/victim").file("l", "x"))
                .replaced(t -> t.file("l", "x")));
        cases.add(named("directory-on-a-symlink")
                .aimed(canary -> new RawTar()
                        .symlink("l", canary.toString())
                        .mode(0777)
                        .directory("l")
                        .file("l/victim", "x"))
                .replaced(t -> t.file("l/victim", "x").but("l", "mode 777")));
        cases.add(named("setuid-file-on-a-symlink")
                .aimed(canary -> new RawTar()
                        .symlink("l", canary + "/victim")
                        .mode(04777)
                        .file("l", "x"))
                .replaced(t -> t.file("l", "x").but("l", "mode 4777")));
        cases.add(named("fifo-on-a-symlink")
                .aimed(canary -> new RawTar().symlink("l", canary + "/victim").fifo("l"))
                .replaced(t -> t.fifo("l")));
        cases.add(named("device-on-a-symlink")
                .asRoot()
                .aimed(canary ->
                        new RawTar().symlink("l", canary + "/victim").mode(0644).device("l", 'c', 1, 3))
                .replaced(t -> t.device("l", 'c', 1, 3)));
        cases.add(named("hard-link-on-a-symlink")
                .aimed(canary -> new RawTar()
                        .file("f", "x")
                        .symlink("l", canary + "/victim")
                        .link("l", "f"))
                .replaced(t -> t.file("f", "x").same("l", "f")));
        cases.add(named("file-on-a-symlink-of-a-lower-layer")
                .on(Corpus.ground())
                .tar(new RawTar().file("abs", "x"))
                .replaced(t -> Corpus.ground(t).file("abs", "x")));
        cases.add(named("directory-on-a-symlink-of-a-lower-layer")
                .on(Corpus.ground())
                .tar(new RawTar().directory("abs").file("abs/sh", "x"))
                .replaced(t -> Corpus.ground(t).directory("abs").file("abs/sh", "x")));
    }
}
