package storage.testkit.hostile;

import static storage.testkit.hostile.HostileCase.named;

import java.util.ArrayList;
import java.util.List;

/** Archives that are larger than they look, or than the user wants, stopped by limits that the user sets. */
final class BombCases {
    private BombCases() {}

    static List<HostileCase> all() {
        var cases = new ArrayList<HostileCase>();
        bytes(cases);
        counts(cases);
        attributes(cases);
        return cases;
    }

    private static void bytes(List<HostileCase> cases) {
        cases.add(named("bomb-of-bytes")
                .with("archive.max_bytes", "1m")
                .tar(new RawTar().file("f", new byte[(1 << 20) + 1]))
                .tooMuch());
        cases.add(named("bomb-of-bytes-in-small-files")
                .with("archive.max_bytes", "1000")
                .tar(files(11, "x".repeat(100)))
                .tooMuch());
        cases.add(named("bytes-at-their-limit")
                .with("archive.max_bytes", "200")
                .tar(new RawTar().file("a", "x".repeat(100)).file("b", "x".repeat(100)))
                .kept(t -> t.file("a", "x".repeat(100)).file("b", "x".repeat(100))));
        cases.add(named("bomb-of-holes")
                .with("archive.max_bytes", "1m")
                .tar(new RawTar().entry('S', "f", "", 0, 0644, 257, "ustar  \0", 483, RawTar.octal(1 << 21, 11)))
                .tooMuch());
        cases.add(named("bomb-behind-the-end")
                .with("archive.max_bytes", "1m")
                .bytes(RawTar.join(List.of(new RawTar().file("f", "x").bytes(), new byte[2 << 20])))
                .tooMuch());
    }

    private static RawTar files(int count, String content) {
        var tar = new RawTar();
        for (var i = 0; i < count; i++) {
            tar.file("f" + i, content);
        }
        return tar;
    }

    private static void counts(List<HostileCase> cases) {
        cases.add(named("bomb-of-entries")
                .with("archive.max_entries", "10")
                .tar(files(11, ""))
                .tooMuch());
        var same = new RawTar();
        for (var i = 0; i < 11; i++) {
            same.whiteout("f");
        }
        cases.add(named("bomb-of-whiteouts")
                .with("archive.max_entries", "10")
                .tar(same)
                .tooMuch());
        cases.add(named("bomb-of-depth")
                .with("archive.max_depth", "10")
                .tar(new RawTar().file("d/".repeat(10) + "f", "x"))
                .tooMuch());
        cases.add(named("bomb-of-depth-in-a-link")
                .with("archive.max_depth", "10")
                .tar(new RawTar().file("f", "x").link("l", "d/".repeat(10) + "f"))
                .tooMuch());
        cases.add(named("bomb-of-path")
                .with("archive.max_path", "20")
                .tar(new RawTar().file("a/b/c/d/e/f/g/h/i/j/k", "x"))
                .tooMuch());
        cases.add(named("bomb-of-link")
                .with("archive.max_path", "20")
                .tar(new RawTar().symlink("l", "t".repeat(21)))
                .tooMuch());
    }

    private static void attributes(List<HostileCase> cases) {
        var many = new RawTar();
        for (var i = 0; i < 129; i++) {
            many.xattr("user.a" + i, "");
        }
        cases.add(named("bomb-of-attributes").tar(many.file("f", "x")).tooMuch());
        cases.add(named("bomb-of-attributes-with-a-limit")
                .with("archive.max_xattrs", "1")
                .tar(new RawTar().xattr("user.a", "").xattr("user.b", "").file("f", "x"))
                .tooMuch());
        cases.add(named("bomb-of-attribute-bytes")
                .tar(new RawTar().xattr("user.a", "x".repeat(300_000)).file("f", "x"))
                .tooMuch());
        cases.add(named("bomb-of-attribute-bytes-with-a-limit")
                .with("archive.max_xattr_bytes", "100")
                .tar(new RawTar().xattr("user.a", "x".repeat(100)).file("f", "x"))
                .tooMuch());
        cases.add(named("bomb-of-forbidden-attributes")
                .with("archive.max_xattrs", "1")
                .tar(new RawTar().xattr("trusted.a", "").xattr("trusted.b", "").file("f", "x"))
                .tooMuch());
    }
}
