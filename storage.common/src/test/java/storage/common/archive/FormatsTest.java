package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.FileNames;
import storage.common.Gate;
import storage.common.Tree;
import storage.common.diff.DiffOptions;
import storage.common.diff.Told;

/** Archives as other programs write them, and ours as others read them. */
class FormatsTest {
    @TempDir
    Path folder;

    @BeforeEach
    void needsRoot() {
        Gate.root();
    }

    private void tar(String... arguments) throws IOException, InterruptedException {
        var command = new java.util.ArrayList<>(List.of("tar"));
        command.addAll(List.of(arguments));
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            Gate.feature("tar", false, "no GNU tar on the PATH");
            return;
        }
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    private Tree sample(String name) throws IOException {
        var tree = Tree.make(folder, name);
        tree.directory("empty")
                .file("etc/motd", "hello")
                .file("etc/" + "long-name-".repeat(20) + "/" + "n".repeat(200), "deep")
                .file("caf\u00e9", "utf-8")
                .file("raw\udcff", "not utf-8")
                .symlink("l", "etc/motd")
                .symlink("long", "t".repeat(300))
                .link("hard", "etc/motd")
                .mknod("fifo", 0010644, 0)
                .mknod("dev", 0020640, storage.linux.Stat.device(1, 3))
                .mknod("blk", 0060640, storage.linux.Stat.device(259, 70_000))
                .file("suid", "x")
                .chown("suid", 1000, 1_000_000_000)
                .chmod("suid", 04711)
                .chmod("etc", 01775)
                .time("etc/motd", 1_000_000_000, 123_456_789)
                .time("l", -5, 250_000_000)
                .time("empty", 8_589_934_592L, 0);
        tree.xattr(
                "suid", "security.capability", new byte[] {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        tree.xattr("etc", "user.with=sign%", new byte[] {0, 1, '\n', (byte) 200});
        tree.file("sparse", "");
        try (var file = storage.linux.Fd.open(Tree.LINUX, tree.fd(), "sparse", 1, 0)) {
            Tree.LINUX.ftruncate(file.number(), 5_000_000);
            Tree.LINUX.pwrite(
                    file.number(), java.nio.ByteBuffer.allocateDirect(3).put(0, (byte) 7), 2_000_000);
            Tree.LINUX.pwrite(
                    file.number(), java.nio.ByteBuffer.allocateDirect(3).put(0, (byte) 9), 4_999_000);
        }
        tree.file("big", new byte[300_000]);
        return tree;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gnu",
                "pax",
                "posix",
                "gnu -S",
                "pax -S --sparse-version=0.0",
                "pax -S --sparse-version=0.1",
                "pax -S --sparse-version=1.0"
            })
    void whatGnuTarWritesIsRead(String format) throws IOException, InterruptedException {
        var file = folder + "/a.tar";
        try (var source = sample("source");
                var target = Tree.make(folder, "target")) {
            var isPax = !format.startsWith("gnu");
            var arguments = new java.util.ArrayList<String>(List.of("-C", source.path, "-cf", file));
            var parts = format.split(" ");
            arguments.add("--format=" + parts[0]);
            arguments.addAll(Arrays.asList(parts).subList(1, parts.length));
            if (isPax) {
                arguments.addAll(List.of("--xattrs", "--xattrs-include=*"));
            }
            arguments.add(".");
            tar(arguments.toArray(String[]::new));
            try (var in = new FileInputStream(file)) {
                LayerUnpacker.unpack(Tree.LINUX, UnpackTarget.plain(target.fd()), in, UnpackOptions.DEFAULT);
            }
            var expected = source.snapshot();
            var found = target.snapshot();
            if (!isPax) {
                // that format has neither nanoseconds nor attributes
                expected.replaceAll((path, line) -> line.replaceAll("\\.\\d+( \\[.*\\])?( =.*)?$", "$2"));
                found.replaceAll((path, line) -> line.replaceAll("\\.\\d+( \\[.*\\])?( =.*)?$", "$2"));
            }
            assertThat(found).isEqualTo(expected);
            if (format.contains("-S")) {
                assertThat(target.stat("sparse").blocks).isLessThan(100);
            }
        }
    }

    @Test
    void gnuTarReadsWhatWeWrite() throws IOException, InterruptedException {
        var file = folder + "/a.tar";
        try (var source = sample("source");
                var target = Tree.make(folder, "target")) {
            try (var out = new FileOutputStream(file)) {
                Told.pack(Tree.LINUX, -1, source.fd(), DiffOptions.DEFAULT, out);
            }
            tar("--xattrs", "--xattrs-include=*", "--numeric-owner", "-C", target.path, "-xpf", file);
            assertThat(target.snapshot()).isEqualTo(source.snapshot());
        }
    }

    @Test
    void aTreeComesBackAndGivesTheSameArchiveAgain() throws IOException {
        try (var source = sample("source");
                var target = Tree.make(folder, "target")) {
            var first = pack(source);
            Unpacking.unpack(target, first);
            assertThat(target.snapshot()).isEqualTo(source.snapshot());
            assertThat(pack(target)).isEqualTo(first);
            assertThat(Told.changes(Tree.LINUX, source.fd(), target.fd(), DiffOptions.DEFAULT))
                    .isEmpty();
            // zeros became holes
            assertThat(target.stat("sparse").blocks).isLessThan(100);
        }
    }

    private static byte[] pack(Tree tree) throws IOException {
        var out = new ByteArrayOutputStream();
        Told.pack(Tree.LINUX, -1, tree.fd(), DiffOptions.DEFAULT, out);
        return out.toByteArray();
    }

    @Test
    void aFileStreamGetsTheSameBytes() throws IOException {
        try (var source = sample("source")) {
            var file = Path.of(folder + "/a.tar");
            try (var out = new FileOutputStream(file.toFile())) {
                Told.pack(Tree.LINUX, -1, source.fd(), DiffOptions.DEFAULT, out);
            }
            assertThat(Files.readAllBytes(file)).isEqualTo(pack(source));
        }
    }

    @Test
    void oldAndOddHeadersAreUnderstood() throws IOException {
        try (var tree = Tree.make(folder, "t")) {
            Unpacking.unpack(
                    tree,
                    new Tar()
                            // before POSIX: no magic, a directory is a name with a slash
                            .header("v7/", '\0', 0, 257, "\0\0\0\0\0\0\0\0")
                            .header("v7/f", '\0', 3, 257, "\0\0\0\0\0\0\0\0")
                            .raw(FileNames.encode("old"))
                            .header("contiguous", '7', 1)
                            .raw(FileNames.encode("c"))
                            .header("name", '0', 0, 345, "prefix/" + "p".repeat(120))
                            // GNU's magic: other fields lie where the prefix would
                            .header("gnu", '0', 0, 257, "ustar  \0", 345, "01234567012")
                            // base-256
                            .header("b256", '0', 0, 108, new byte[] {-128, 0, 0, 0, 1, 2, 3, 4}, 136, new byte[] {
                                -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -10
                            })
                            // a star archive has times behind a shorter prefix
                            .header("star", '0', 0, 345, "s", 476, "00000000001 ", 508, "tar\0")
                            .header("././@LongLink", 'L', 301)
                            .raw(FileNames.encode("l/".repeat(150) + "\0"))
                            .header("short", '5', 0)
                            .header("././@LongLink", 'K', 201)
                            .raw(FileNames.encode("k".repeat(200) + "\0"))
                            .header("longlink", '2', 0, 157, "k"));
            assertThat(tree.content("v7/f")).isEqualTo("old");
            assertThat(tree.content("contiguous")).isEqualTo("c");
            assertThat(tree.exists("prefix/" + "p".repeat(120) + "/name")).isTrue();
            assertThat(tree.exists("gnu")).isTrue();
            assertThat(tree.stat("b256").uid).isEqualTo(0x01020304);
            assertThat(tree.stat("b256").modifiedSeconds).isEqualTo(-10);
            assertThat(tree.exists("s/star")).isTrue();
            assertThat(tree.stat("l/".repeat(149) + "l").isDirectory()).isTrue();
            assertThat(tree.snapshot().get("longlink")).startsWith("-> " + "k".repeat(200));
        }
    }

    @Test
    void paxRecordsAreUnderstood() throws IOException {
        try (var tree = Tree.make(folder, "t")) {
            Unpacking.unpack(
                    tree,
                    new Tar()
                            .pax('g', "mtime=77.5", "uid=9", "comment=x")
                            .header("global", '0', 0)
                            .pax("mtime=-1.25", "uid=4000000000", "gid=12", "path=renamed", "size=2")
                            .header("x", '0', 0)
                            .raw(FileNames.encode("ab"))
                            .pax("path=gone", "path=", "mtime=0.1234567899")
                            .header("kept", '0', 0)
                            .pax("LIBARCHIVE.xattr.user.l%3da=YWJj", "SCHILY.xattr.user.s=a\0b=\n")
                            .header("attributes", '0', 0));
            var lines = tree.snapshot();
            assertThat(lines.get("global")).isEqualTo("file \"\" 644 9:0 77.500000000");
            assertThat(lines.get("renamed")).isEqualTo("file \"ab\" 644 -294967296:12 -2.750000000");
            assertThat(lines.get("kept")).isEqualTo("file \"\" 644 9:0 0.123456789");
            if (tree.xattr("kept", "user.try", new byte[0])) {
                assertThat(lines.get("attributes")).endsWith("[user.l=a=616263, user.s=6100623d0a]");
            }
        }
    }

    @Test
    void paxRecordsThatLieAreRefused() throws IOException {
        try (var tree = Tree.make(folder, "t")) {
            for (var records : new String[] {
                "5 a=b",
                "99 path=x\n",
                "0 a=b\n",
                "3 a\n",
                "path=x\n",
                "-6 a=b\n",
                "6 a=bc\n",
                "5 =b\n",
                "7 ab=c",
                "99999999999999999999 a=b\n",
                "16 mtime=1.2.34\n",
                "11 size=1x\n",
                "12 size=-12\n",
                " 6 a=b\n"
            }) {
                var bytes = FileNames.encode(records);
                Unpacking.refused(
                        tree,
                        new Tar().header("x", 'x', bytes.length).raw(bytes).header("f", '0', 0),
                        storage.api.StorageException.Kind.BAD_ARCHIVE);
            }
        }
    }

    @Test
    void sparseMapsThatLieAreRefused() throws IOException {
        try (var tree = Tree.make(folder, "t")) {
            for (var map : new String[] {
                "0,10,5,10", "10,10,0,10", "0,30", "0,10,100,20", "0", "", "0,-10", "x,y", "0,10,9223372036854775807,10"
            }) {
                Unpacking.refused(
                        tree,
                        new Tar()
                                .pax("GNU.sparse.name=s", "GNU.sparse.size=100", "GNU.sparse.map=" + map)
                                .header("x", '0', 20)
                                .raw(new byte[20]),
                        storage.api.StorageException.Kind.BAD_ARCHIVE);
            }
            for (var map : new String[] {"1\n0\n", "2\n0\n10\n", "99999999\n", "x\n", "1\n0\n600\n", "\n"}) {
                var block = Arrays.copyOf(FileNames.encode(map), 512);
                Unpacking.refused(
                        tree,
                        new Tar()
                                .pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=100")
                                .header("x", '0', 512)
                                .raw(block),
                        map.startsWith("9999")
                                ? storage.api.StorageException.Kind.LIMIT_EXCEEDED
                                : storage.api.StorageException.Kind.BAD_ARCHIVE);
            }
        }
    }
}
