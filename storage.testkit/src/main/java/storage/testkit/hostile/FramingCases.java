package storage.testkit.hostile;

import static storage.testkit.hostile.HostileCase.named;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Archives that are cut off, go on, or are none. */
final class FramingCases {
    private static final int BLOCK = 512;

    private FramingCases() {}

    static List<HostileCase> all() {
        var cases = new ArrayList<HostileCase>();
        truncated(cases);
        ends(cases);
        noArchive(cases);
        return cases;
    }

    /** One with a header of each kind and content of several blocks. */
    private static RawTar whole() {
        return new RawTar()
                .directory("d")
                .file("d/f", "x".repeat(1500))
                .record("mtime=" + RawTar.TIME)
                .file("l".repeat(150), "y")
                .symlink("s", "d/f")
                .link("h", "d/f");
    }

    private static void truncated(List<HostileCase> cases) {
        var bytes = whole().bytes();
        var blocks = bytes.length / BLOCK;
        // of the two blocks of the end one is enough
        for (var count = 0; count < blocks - 1; count++) {
            cases.add(named("truncated-after-block " + count + " of " + blocks)
                    .bytes(Arrays.copyOf(bytes, count * BLOCK))
                    .bad());
        }
        for (var length : List.of(1, BLOCK - 1, BLOCK + 1, 2 * BLOCK + 100, bytes.length - 2 * BLOCK - 1)) {
            cases.add(named("truncated-after-byte " + length)
                    .bytes(Arrays.copyOf(bytes, length))
                    .bad());
        }
        cases.add(named("truncated-in-its-end")
                .bytes(Arrays.copyOf(bytes, bytes.length - BLOCK))
                .kept(t -> t.file("d/f", "x".repeat(1500))
                        .file("l".repeat(150), "y")
                        .symlink("s", "d/f")
                        .same("h", "d/f")));
    }

    private static void ends(List<HostileCase> cases) {
        var one = new RawTar().file("one", "1").bytes();
        var two = new RawTar().file("two", "2").bytes();
        cases.add(named("garbage-behind-the-end")
                .bytes(RawTar.join(List.of(one, "\u00ff garbage".repeat(100).getBytes(StandardCharsets.UTF_8))))
                .leftOut(t -> t.file("one", "1")));
        cases.add(named("archive-behind-the-end")
                .bytes(RawTar.join(List.of(one, two)))
                .leftOut(t -> t.file("one", "1")));
        cases.add(named("zeros-behind-the-end")
                .bytes(RawTar.join(List.of(one, new byte[100_000])))
                .kept(t -> t.file("one", "1")));
        cases.add(named("archives-joined-by-one-block-of-zeros")
                .bytes(RawTar.join(List.of(Arrays.copyOf(one, one.length - BLOCK), two)))
                .bad());
        cases.add(named("archives-joined-without-an-end")
                .bytes(RawTar.join(List.of(Arrays.copyOf(one, one.length - 2 * BLOCK), two)))
                .kept(t -> t.file("one", "1").file("two", "2")));
        cases.add(named("no-end").bytes(new RawTar().file("one", "1").entries()).bad());
        cases.add(named("empty-archive").bytes(new byte[2 * BLOCK]).kept(t -> {}));
        cases.add(named("empty-archive-on-a-layer")
                .on(Corpus.ground())
                .bytes(new byte[20 * BLOCK])
                .kept(Corpus::ground));
        cases.add(named("empty-archive-of-one-block").bytes(new byte[BLOCK]).kept(t -> {}));
    }

    private static void noArchive(List<HostileCase> cases) {
        cases.add(named("empty-stream").bytes(new byte[0]).bad());
        cases.add(named("text")
                .bytes("this is no archive".repeat(100).getBytes(StandardCharsets.US_ASCII))
                .bad());
        cases.add(named("gzip")
                .bytes(RawTar.join(List.of(new byte[] {0x1f, (byte) 0x8b, 8}, new byte[1000])))
                .bad());
        var noise = new byte[4 * BLOCK];
        new java.util.Random(3).nextBytes(noise);
        cases.add(named("noise").bytes(noise).bad());
        var wrong = new RawTar().file("f", "x").bytes();
        wrong[0] ^= 1;
        cases.add(named("checksum-wrong").bytes(wrong).bad());
        var second = new RawTar().file("f", "x").file("g", "y").bytes();
        second[2 * BLOCK + 100] ^= 1;
        cases.add(named("checksum-wrong-of-a-later-header").bytes(second).bad());
    }
}
