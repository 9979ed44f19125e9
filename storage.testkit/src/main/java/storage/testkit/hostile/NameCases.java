package storage.testkit.hostile;

import static storage.testkit.hostile.HostileCase.named;

import java.util.ArrayList;
import java.util.List;
import storage.testkit.hostile.HostileCase.Outcome;

/** Names that lead out, names that are none, and names that are too long. */
final class NameCases {
    /** NAME_MAX of linux/limits.h. */
    private static final int NAME_MAX = 255;

    /** PATH_MAX of linux/limits.h. */
    private static final int PATH_MAX = 4096;

    private NameCases() {}

    /** @param longestName in bytes, as the backend can hold it */
    static List<HostileCase> all(int longestName) {
        var cases = new ArrayList<HostileCase>();
        upwards(cases);
        none(cases);
        odd(cases);
        lengths(cases, longestName);
        return cases;
    }

    private static void upwards(List<HostileCase> cases) {
        cases.add(named("dot-dot").tar(new RawTar().file("../f", "x")).inside(t -> t.file("f", "x")));
        cases.add(named("dot-dot-many")
                .tar(new RawTar().file("../".repeat(60) + "tmp/f", "x"))
                .inside(t -> t.file("tmp/f", "x")));
        cases.add(named("dot-dot-in-the-middle")
                .tar(new RawTar().file("a/../../../b", "x"))
                .inside(t -> t.file("b", "x")));
        cases.add(named("dot-dot-after-what-is-missing")
                .on(Corpus.ground())
                .tar(new RawTar().file("no/such/../../f", "x"))
                .inside(t -> Corpus.ground(t).file("f", "x")));
        cases.add(named("dot-dot-after-a-symlink")
                .on(Corpus.ground())
                .tar(new RawTar().file("bin/../f", "x"))
                .inside(t -> Corpus.ground(t).file("f", "x")));
        cases.add(named("dot-dot-as-a-directory")
                .tar(new RawTar().mode(0700).directory("..").file("f", "x"))
                .inside(t -> t.but("/", "mode 700").file("f", "x")));
        cases.add(named("absolute").tar(new RawTar().file("/etc/passwd", "x")).inside(t -> t.file("etc/passwd", "x")));
        cases.add(named("absolute-with-many-slashes")
                .tar(new RawTar().file("///etc///passwd", "x"))
                .inside(t -> t.file("etc/passwd", "x")));
        cases.add(named("absolute-to-the-canary")
                .aimed(canary -> new RawTar().file(canary + "/victim", "x"))
                .shown(Outcome.INSIDE, (t, canary) -> t.file(SymlinkCases.below(canary, "victim"), "x")));
        cases.add(named("absolute-to-proc")
                .tar(new RawTar().file("/proc/self/root/f", "x"))
                .inside(t -> t.file("proc/self/root/f", "x")));
    }

    private static void none(List<HostileCase> cases) {
        cases.add(named("name-empty").tar(new RawTar().file("", "x")).bad());
        cases.add(named("root-as-a-file").tar(new RawTar().file("/", "x")).bad());
        cases.add(named("root-as-a-symlink")
                .tar(new RawTar().symlink(".", "/etc"))
                .bad());
        cases.add(named("root-as-a-hard-link")
                .tar(new RawTar().file("f", "x").link("./", "f"))
                .bad());
        cases.add(named("nul-in-a-path")
                .tar(new RawTar().record("path=a\0b").file("f", "x"))
                .bad());
        cases.add(named("nul-in-a-link")
                .tar(new RawTar().record("linkpath=a\0b").symlink("l", "x"))
                .bad());
        cases.add(named("nul-ends-a-header-name")
                .tar(new RawTar().file("f\0../../etc/passwd", "x"))
                .kept(t -> t.file("f", "x")));
        cases.add(named("nul-ends-a-long-name")
                .tar(new RawTar()
                        .extension('L', "f\0/../etc/passwd".getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .file("g", "x"))
                .kept(t -> t.file("f", "x")));
    }

    private static void odd(List<HostileCase> cases) {
        for (var name : List.of(
                "new\nline",
                "tab\tbell\7",
                "\udcff\udcfe",
                "c3 cut off \udcc3",
                " ",
                "-rf",
                "...",
                "a\\b",
                "*",
                "$(id)",
                "\u202egnp",
                "é")) {
            cases.add(named("name-odd " + shown(name))
                    .tar(new RawTar().record("path=d/" + name).file("f", "x"))
                    .kept(t -> t.file("d/" + name, "x")));
        }
        cases.add(named("name-with-dots")
                .tar(new RawTar().directory("./").file("./././a", "x").file("d/./b", "y"))
                .kept(t -> t.file("a", "x").file("d/b", "y")));
    }

    private static String shown(String name) {
        var text = new StringBuilder();
        name.chars().forEach(c -> text.append(c > ' ' && c < 127 ? String.valueOf((char) c) : "%" + (c & 0xff)));
        return text.toString();
    }

    private static void lengths(List<HostileCase> cases, int longestName) {
        var longest = "n".repeat(longestName);
        cases.add(named("name-of-" + longestName + "-bytes")
                .tar(new RawTar().file(longest, "x"))
                .kept(t -> t.file(longest, "x")));
        cases.add(named("whiteout-of-a-name-of-" + longestName + "-bytes")
                .on(new RawTar().file(longest, "x"))
                .tar(new RawTar().whiteout(longest))
                .kept(t -> {}));
        for (var bytes = longestName + 1; bytes <= NAME_MAX + 1; bytes += Math.max(1, NAME_MAX + 1 - bytes)) {
            var tooLong = "n".repeat(bytes);
            cases.add(named("name-of-" + bytes + "-bytes")
                    .tar(new RawTar().file(tooLong, "x"))
                    .tooMuch());
            cases.add(named("whiteout-of-a-name-of-" + bytes + "-bytes")
                    .tar(new RawTar().whiteout(tooLong))
                    .tooMuch());
        }
        cases.add(named("path-of-1000-directories")
                .tar(new RawTar().file("d/".repeat(1000) + "f", "x"))
                .kept(t -> t.file("d/".repeat(1000) + "f", "x")));
        cases.add(named("path-over-PATH_MAX")
                .tar(new RawTar().file("d/".repeat(PATH_MAX / 2) + "f", "x"))
                .tooMuch());
        cases.add(named("path-over-PATH_MAX-in-few-names")
                .tar(new RawTar().file((longest + "/").repeat(PATH_MAX / (longestName + 1) + 1) + "f", "x"))
                .tooMuch());
        cases.add(named("link-over-PATH_MAX")
                .tar(new RawTar().symlink("l", "t".repeat(PATH_MAX)))
                .tooMuch());
        cases.add(named("hard-link-over-PATH_MAX")
                .tar(new RawTar().file("f", "x").link("l", "./".repeat(PATH_MAX / 2) + "f"))
                .tooMuch());
        // a link of three names, which every filesystem can hold, and an entry of fifteen
        var near = (longest + "/").repeat(3);
        var far = (longest + "/").repeat(15);
        cases.add(named("path-over-PATH_MAX-through-links")
                .tar(new RawTar().file(near + "f", "x").symlink("s", near).file("s/" + far + "g", "y"))
                .inside(t -> t.file(near + "f", "x").symlink("s", near).file(near + far + "g", "y")));
    }
}
