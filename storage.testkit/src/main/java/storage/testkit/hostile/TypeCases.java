package storage.testkit.hostile;

import static storage.testkit.hostile.HostileCase.named;

import java.util.ArrayList;
import java.util.List;

/** A name twice, as two kinds of file. */
final class TypeCases {
    private static final List<Character> TYPES = List.of('f', 'd', 'l', 'h', 'p');

    private TypeCases() {}

    static List<HostileCase> all() {
        var cases = new ArrayList<HostileCase>();
        for (var first : TYPES) {
            for (var second : TYPES) {
                cases.add(pair(first, second));
            }
        }
        directories(cases);
        overLowers(cases);
        unknown(cases);
        return cases;
    }

    private static HostileCase pair(char first, char second) {
        var tar = new RawTar().file("a", "a");
        add(tar, first);
        add(tar, second);
        return named("name-twice " + first + second).tar(tar).replaced(t -> {
            t.file("a", "a");
            switch (second) {
                case 'f' -> t.file("x", "content");
                case 'l' -> t.symlink("x", "/etc");
                case 'h' -> t.same("x", "a");
                case 'p' -> t.fifo("x");
                default -> t.file("x/in", "side");
            }
        });
    }

    private static void add(RawTar tar, char type) {
        switch (type) {
            case 'f' -> tar.file("x", "content");
            case 'l' -> tar.symlink("x", "/etc");
            case 'h' -> tar.link("x", "a");
            case 'p' -> tar.fifo("x");
            default -> tar.directory("x").file("x/in", "side");
        }
    }

    private static void directories(List<HostileCase> cases) {
        cases.add(named("directory-to-file-and-back")
                .tar(new RawTar()
                        .directory("d")
                        .file("d/old", "x")
                        .file("d", "now a file")
                        .directory("d")
                        .file("d/new", "y"))
                .replaced(t -> t.file("d/new", "y")));
        cases.add(named("directory-to-symlink-and-back")
                .aimed(canary -> new RawTar()
                        .directory("d")
                        .file("d/f", "x")
                        .symlink("d", canary.toString())
                        .directory("d")
                        .file("d/victim", "y"))
                .replaced(t -> t.file("d/victim", "y")));
        cases.add(named("directory-to-symlink-in-use")
                .tar(new RawTar()
                        .directory("d/e")
                        .file("d/e/f", "x")
                        .symlink("d", "/other")
                        .file("d/e/g", "y"))
                .inside(t -> t.symlink("d", "/other").file("other/e/g", "y")));
        cases.add(named("file-as-a-parent")
                .tar(new RawTar().file("f", "").file("f/g", "x"))
                .bad());
        cases.add(named("fifo-as-a-parent")
                .tar(new RawTar().fifo("f").file("f/g", "x"))
                .bad());
    }

    private static void overLowers(List<HostileCase> cases) {
        cases.add(named("file-on-a-lower-directory-and-back")
                .on(Corpus.ground())
                .tar(new RawTar().file("etc", "x").directory("etc").file("etc/new", "n"))
                .replaced(t -> t.file("data/keep", "k")
                        .file("etc/new", "n")
                        .file("usr/bin/sh", "#!")
                        .symlink("bin", "usr/bin")
                        .symlink("abs", "/usr/bin")));
        cases.add(named("symlink-on-a-lower-directory-then-entry")
                .on(Corpus.ground())
                .tar(new RawTar().symlink("etc", "/data").file("etc/f", "x"))
                .inside(t -> t.file("data/keep", "k")
                        .file("data/f", "x")
                        .symlink("etc", "/data")
                        .file("usr/bin/sh", "#!")
                        .symlink("bin", "usr/bin")
                        .symlink("abs", "/usr/bin")));
        cases.add(named("directory-on-a-lower-file")
                .on(Corpus.ground())
                .tar(new RawTar().directory("etc/motd").file("etc/motd/f", "x"))
                .replaced(t -> Corpus.ground(t).directory("etc/motd").file("etc/motd/f", "x")));
        cases.add(named("lower-file-as-a-parent")
                .on(Corpus.ground())
                .tar(new RawTar().file("etc/motd/f", "x"))
                .bad());
        cases.add(named("lower-directory-replaced-and-whited-out")
                .on(Corpus.ground())
                .tar(new RawTar().file("etc", "x").whiteout("etc"))
                .replaced(t -> t.file("data/keep", "k")
                        .file("etc", "x")
                        .file("usr/bin/sh", "#!")
                        .symlink("bin", "usr/bin")
                        .symlink("abs", "/usr/bin")));
    }

    private static void unknown(List<HostileCase> cases) {
        for (var type : List.of('8', 'A', 'M', 'N', 'V', 'D', 'Z')) {
            cases.add(named("type-unknown " + type)
                    .tar(new RawTar().entry(type, "x", "", 0, 0644))
                    .bad());
        }
        cases.add(named("type-contiguous")
                .tar(new RawTar().entry('7', "x", "", 1, 0644).raw("y"))
                .kept(t -> t.file("x", "y")));
        cases.add(named("type-of-old-archives")
                .tar(new RawTar()
                        .entry('\0', "d/", "", 0, 0755)
                        .entry('\0', "d/x", "", 1, 0644)
                        .raw("y"))
                .kept(t -> t.file("d/x", "y")));
    }
}
