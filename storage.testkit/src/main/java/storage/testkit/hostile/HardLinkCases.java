package storage.testkit.hostile;

import static storage.testkit.hostile.HostileCase.named;

import java.util.ArrayList;
import java.util.List;
import storage.testkit.hostile.HostileCase.Outcome;

/** Hard links, which would make a file of the host a file of the layer. */
final class HardLinkCases {
    private HardLinkCases() {}

    static List<HostileCase> all() {
        var cases = new ArrayList<HostileCase>();
        out(cases);
        toWhatIsNoFile(cases);
        good(cases);
        return cases;
    }

    private static void out(List<HostileCase> cases) {
        cases.add(named("hard-link-absolute-out")
                .aimed(canary -> new RawTar().link("l", canary + "/victim"))
                .bad());
        cases.add(named("hard-link-relative-out")
                .aimed(canary -> new RawTar().link("l", "../".repeat(60) + canary + "/victim"))
                .bad());
        cases.add(named("hard-link-to-the-hosts-passwd")
                .tar(new RawTar().link("l", "/etc/passwd"))
                .bad());
        cases.add(named("hard-link-out-through-a-symlink")
                .aimed(canary -> new RawTar().symlink("s", canary.toString()).link("l", "s/victim"))
                .bad());
        cases.add(named("hard-link-out-through-proc")
                .tar(new RawTar().symlink("s", "/proc/self/root").link("l", "s/etc/passwd"))
                .bad());
        cases.add(named("hard-link-out-then-written")
                .aimed(canary -> new RawTar().link("l", canary + "/victim").file("l", "x"))
                .bad());
    }

    private static void toWhatIsNoFile(List<HostileCase> cases) {
        cases.add(named("hard-link-before-its-target")
                .tar(new RawTar().link("l", "f").file("f", "x"))
                .bad());
        cases.add(named("hard-link-to-itself").tar(new RawTar().link("l", "l")).bad());
        cases.add(named("hard-link-to-a-directory")
                .tar(new RawTar().directory("d").link("l", "d"))
                .bad());
        cases.add(
                named("hard-link-to-the-root").tar(new RawTar().link("l", "/")).bad());
        cases.add(
                named("hard-link-to-dot-dot").tar(new RawTar().link("l", "..")).bad());
        cases.add(named("hard-link-to-a-whiteout")
                .tar(new RawTar().whiteout("f").link("l", ".wh.f"))
                .bad());
        cases.add(named("hard-link-to-what-a-whiteout-hides")
                .on(Corpus.ground())
                .tar(new RawTar().whiteout("etc/motd").link("l", "etc/motd"))
                .bad());
        cases.add(named("hard-link-to-what-an-opaque-directory-hides")
                .on(Corpus.ground())
                .tar(new RawTar().opaque("etc").link("l", "etc/motd"))
                .bad());
        cases.add(named("hard-link-below-its-own-target")
                .tar(new RawTar().file("f", "x").link("f/l", "f"))
                .bad());
    }

    private static void good(List<HostileCase> cases) {
        cases.add(named("hard-link-to-a-symlink")
                .aimed(canary -> new RawTar().symlink("l", canary + "/victim").link("m", "l"))
                .shown(
                        Outcome.KEPT,
                        (t, canary) -> t.symlink("l", canary + "/victim").same("m", "l")));
        cases.add(named("hard-link-to-a-symlink-then-written")
                .aimed(canary -> new RawTar()
                        .symlink("l", canary + "/victim")
                        .link("m", "l")
                        .file("m", "x"))
                .shown(
                        Outcome.REPLACED,
                        (t, canary) -> t.symlink("l", canary + "/victim").file("m", "x")));
        cases.add(named("hard-link-to-a-symlink-of-a-lower-layer")
                .on(new RawTar().symlink("l", "/etc/passwd"))
                .tar(new RawTar().link("m", "l").file("m", "x"))
                .replaced(t -> t.symlink("l", "/etc/passwd").file("m", "x")));
        cases.add(named("hard-link-written-through")
                .on(Corpus.ground())
                .tar(new RawTar().link("l", "etc/motd").file("l", "x"))
                .replaced(t -> Corpus.ground(t).file("l", "x")));
        cases.add(named("hard-link-whose-target-is-written")
                .on(Corpus.ground())
                .tar(new RawTar().link("l", "etc/motd").file("etc/motd", "x"))
                .replaced(t -> Corpus.ground(t).file("l", "hello").file("etc/motd", "x")));
        cases.add(named("hard-link-with-another-mode")
                .tar(new RawTar().file("f", "x").mode(04777).link("l", "f"))
                .leftOut(t -> t.file("f", "x").same("l", "f")));
        cases.add(named("hard-link-with-content")
                .tar(new RawTar().file("f", "x").entry('1', "l", "f", 1, 0644).file("g", "y"))
                .leftOut(t -> t.file("f", "x").same("l", "f").file("g", "y")));
        cases.add(named("hard-link-to-a-lower-file-then-hidden")
                .on(Corpus.ground())
                .tar(new RawTar().link("l", "etc/motd").whiteout("etc/motd"))
                .kept(t -> t.file("data/keep", "k")
                        .directory("etc")
                        .file("usr/bin/sh", "#!")
                        .symlink("bin", "usr/bin")
                        .symlink("abs", "/usr/bin")
                        .file("l", "hello")));
        cases.add(named("hard-link-on-a-directory")
                .tar(new RawTar().file("f", "x").directory("d").file("d/g", "y").link("d", "f"))
                .replaced(t -> t.file("d", "x").same("f", "d")));
        cases.add(named("hard-link-on-its-own-targets-directory")
                .tar(new RawTar().directory("d").file("d/f", "x").link("d", "d/f"))
                .bad());
    }
}
