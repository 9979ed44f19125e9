package storage.testkit.hostile;

import static storage.testkit.hostile.HostileCase.named;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Sizes, records and maps that lie. */
final class NumberCases {
    private static final int SIZE = 124;
    private static final String HUGE = "9223372036854775807";

    private NumberCases() {}

    static List<HostileCase> all() {
        var cases = new ArrayList<HostileCase>();
        sizes(cases);
        records(cases);
        extensions(cases);
        oldSparse(cases);
        sparse(cases);
        return cases;
    }

    private static RawTar sized(Object size) {
        return new RawTar().entry('0', "f", "", 0, 0644, SIZE, size).raw("x");
    }

    private static void sizes(List<HostileCase> cases) {
        cases.add(named("size-below-zero").tar(sized(RawTar.base256(-1))).bad());
        cases.add(
                named("size-lowest").tar(sized(RawTar.base256(Long.MIN_VALUE))).bad());
        cases.add(
                named("size-highest").tar(sized(RawTar.base256(Long.MAX_VALUE))).bad());
        cases.add(named("size-beyond-64-bits")
                .tar(sized(new byte[] {-128, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}))
                .bad());
        cases.add(named("size-huge").tar(sized(RawTar.base256(1L << 62))).tooMuch());
        cases.add(named("size-larger-than-the-archive")
                .tar(sized(RawTar.octal(1 << 30, 11)))
                .bad());
        cases.add(named("size-no-number").tar(sized("12x45678901")).bad());
        cases.add(named("size-of-a-directory")
                .tar(new RawTar().entry('5', "d/", "", 1 << 20, 0755).file("f", "x"))
                .leftOut(t -> t.directory("d").file("f", "x")));
        cases.add(named("size-of-a-symlink")
                .tar(new RawTar().entry('2', "l", "t", 1 << 20, 0777).file("f", "x"))
                .leftOut(t -> t.symlink("l", "t").file("f", "x")));
        cases.add(named("extension-of-4-GiB")
                .tar(new RawTar().header('x', "x", "", 1L << 32, 0644, 0, 0).raw("x"))
                .tooMuch());
        cases.add(named("long-name-of-4-GiB")
                .tar(new RawTar().header('L', "x", "", 1L << 32, 0644, 0, 0).raw("x"))
                .tooMuch());
        cases.add(named("extension-below-zero")
                .tar(new RawTar()
                        .header('x', "x", "", 0, 0644, 0, 0, SIZE, RawTar.base256(-512))
                        .raw("x"))
                .bad());
    }

    private static void records(List<HostileCase> cases) {
        cases.add(named("pax-size-below-zero")
                .tar(new RawTar().record("size=-1").file("f", "x"))
                .bad());
        cases.add(named("pax-size-highest")
                .tar(new RawTar().record("size=" + HUGE).file("f", "x"))
                .bad());
        cases.add(named("pax-size-huge")
                .tar(new RawTar().record("size=4611686018427387904").file("f", "x"))
                .tooMuch());
        cases.add(named("pax-size-too-small")
                .tar(new RawTar().record("size=1").file("f", "x".repeat(600)))
                .bad());
        cases.add(named("pax-size-too-large")
                .tar(new RawTar().record("size=600").file("f", "x").raw("y").file("g", "z"))
                .kept(t -> t.file("f", "x" + "\0".repeat(511) + "y" + "\0".repeat(87))
                        .file("g", "z")));
        cases.add(named("pax-size-no-number")
                .tar(new RawTar().record("size=ten").file("f", "x"))
                .bad());
        cases.add(named("pax-time-no-number")
                .tar(new RawTar().record("mtime=now").file("f", "x"))
                .bad());
        cases.add(named("pax-time-beyond-64-bits")
                .tar(new RawTar().record("mtime=99999999999999999999.5").file("f", "x"))
                .bad());
        for (var records : List.of(
                "",
                "5",
                "99 a=b\n",
                "0 a=b\n",
                "6 a=b",
                "-6 a=b\n",
                "6 ab\n\n",
                "7 a=b\nx",
                "5 =b\n",
                "99999999999999999999 a=b\n")) {
            cases.add(named("pax-record-malformed " + records.strip().replace('\n', '%'))
                    .tar(new RawTar()
                            .extension(
                                    'x',
                                    (records + "x".repeat(records.isEmpty() ? 3 : 0))
                                            .getBytes(StandardCharsets.US_ASCII))
                            .file("f", "x"))
                    .bad());
        }
        cases.add(named("pax-records-of-other-programs")
                .tar(new RawTar()
                        .record("VENDOR.thing=" + "x".repeat(2000))
                        .record("path=")
                        .record("charset=BINARY")
                        .file("f", "x"))
                .leftOut(t -> t.file("f", "x")));
    }

    private static void extensions(List<HostileCase> cases) {
        var many = new RawTar();
        for (var i = 0; i < 40; i++) {
            many.extension('x', RawTar.paxRecord("path=p" + i));
        }
        cases.add(named("extensions-without-end").tar(many.file("f", "x")).bad());
        cases.add(named("extension-before-the-end")
                .tar(new RawTar().extension('x', RawTar.paxRecord("path=p")))
                .leftOut(t -> {}));
        cases.add(named("extension-for-all-files")
                .tar(new RawTar()
                        .extension('g', RawTar.paxRecord("path=../../g"))
                        .file("f", "x"))
                .leftOut(t -> t.file("f", "x")));
        cases.add(named("long-name-and-pax-path")
                .tar(new RawTar()
                        .extension('L', "../../long".getBytes(StandardCharsets.US_ASCII))
                        .record("path=pax")
                        .file("f", "x"))
                .kept(t -> t.file("pax", "x")));
    }

    /** An old GNU sparse file: parts of offset and length, and the size that it claims. */
    private static RawTar old(long size, String content, long... map) {
        var fields = new ArrayList<Object>(List.of(257, "ustar  \0", 483, RawTar.octal(size, 11)));
        for (var i = 0; i < map.length; i++) {
            fields.add(386 + 12 * i);
            fields.add(map[i] < 0 ? RawTar.base256(map[i]) : RawTar.octal(map[i], 11));
        }
        return new RawTar()
                .entry('S', "f", "", content.length(), 0644, fields.toArray())
                .raw(content);
    }

    private static void oldSparse(List<HostileCase> cases) {
        cases.add(named("sparse-good")
                .tar(old(600, "xy", 0, 1, 599, 1))
                .kept(t -> t.file("f", "x" + "\0".repeat(598) + "y")));
        cases.add(
                named("sparse-parts-overlap").tar(old(600, "xy", 10, 1, 10, 1)).bad());
        cases.add(named("sparse-parts-backwards")
                .tar(old(600, "xy", 20, 1, 10, 1))
                .bad());
        cases.add(named("sparse-part-behind-the-end").tar(old(600, "x", 600, 1)).bad());
        cases.add(named("sparse-part-below-zero").tar(old(600, "x", -1, 1)).bad());
        cases.add(named("sparse-length-below-zero").tar(old(600, "x", 1, -1)).bad());
        cases.add(named("sparse-parts-overflow")
                .tar(old(600, "x", Long.MAX_VALUE >> 32, Long.MAX_VALUE >> 31))
                .bad());
        cases.add(
                named("sparse-more-than-its-content").tar(old(600, "x", 0, 100)).bad());
        cases.add(
                named("sparse-less-than-its-content").tar(old(600, "xyz", 0, 1)).bad());
        cases.add(named("sparse-extended-and-cut-off")
                .bytes(new RawTar()
                        .entry('S', "f", "", 0, 0644, 257, "ustar  \0", 482, "\1", 483, RawTar.octal(600, 11))
                        .entries())
                .bad());
        cases.add(named("sparse-size-below-zero")
                .tar(new RawTar().entry('S', "f", "", 0, 0644, 257, "ustar  \0", 483, RawTar.base256(-5)))
                .bad());
        cases.add(named("sparse-hole-of-4-EiB")
                .tar(new RawTar().entry('S', "f", "", 0, 0644, 257, "ustar  \0", 483, RawTar.base256(1L << 62)))
                .tooMuch());
    }

    private static RawTar pax(String content, String... records) {
        var tar = new RawTar()
                .record("GNU.sparse.major=1")
                .record("GNU.sparse.minor=0")
                .record("GNU.sparse.name=f");
        for (var record : records) {
            tar.record(record);
        }
        return tar.file("GNUSparseFile.0/f", content);
    }

    private static String map(String map, String data) {
        return map + "\0".repeat(512 - map.length()) + data;
    }

    private static void sparse(List<HostileCase> cases) {
        var size = "GNU.sparse.realsize=600";
        cases.add(named("pax-sparse-good")
                .tar(pax(map("1\n599\n1\n", "y"), size))
                .kept(t -> t.file("f", "\0".repeat(599) + "y")));
        cases.add(named("pax-sparse-without-size")
                .tar(pax(map("1\n599\n1\n", "y")))
                .bad());
        cases.add(named("pax-sparse-name-that-leads-out")
                .tar(new RawTar()
                        .record("GNU.sparse.major=1")
                        .record("GNU.sparse.minor=0")
                        .record("GNU.sparse.name=../../../etc/f")
                        .record(size)
                        .file("f", map("1\n599\n1\n", "y")))
                .inside(t -> t.file("etc/f", "\0".repeat(599) + "y")));
        cases.add(named("pax-sparse-of-too-many-parts")
                .tar(pax(map("999999999\n", ""), size))
                .tooMuch());
        cases.add(named("pax-sparse-map-cut-off")
                .tar(pax(map("90\n1\n1\n", ""), size))
                .bad());
        cases.add(named("pax-sparse-map-no-number")
                .tar(pax(map("1\nx\n1\n", ""), size))
                .bad());
        cases.add(named("pax-sparse-map-too-large-a-number")
                .tar(pax(map("1\n9999999999999999999\n1\n", ""), size))
                .bad());
        cases.add(named("pax-sparse-parts-overlap")
                .tar(pax(map("2\n5\n1\n5\n1\n", "xy"), size))
                .bad());
        cases.add(named("pax-sparse-part-behind-the-end")
                .tar(pax(map("1\n600\n1\n", "y"), size))
                .bad());
        cases.add(named("pax-sparse-without-its-map").tar(pax("", size)).bad());
        cases.add(named("pax-sparse-of-an-unknown-version")
                .tar(new RawTar().record("GNU.sparse.major=7").record(size).file("f", "x"))
                .bad());
        cases.add(named("pax-sparse-hole-of-8-EiB")
                .tar(pax(map("0\n", ""), "GNU.sparse.realsize=" + HUGE))
                .tooMuch());
        cases.add(named("pax-sparse-odd-list")
                .tar(new RawTar()
                        .record("GNU.sparse.size=600")
                        .record("GNU.sparse.map=1,2,3")
                        .file("f", "x"))
                .bad());
    }
}
