package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Random;
import org.junit.jupiter.api.Test;
import storage.api.FileNames;

class MountTableTest {
    private static MountTable table(String... lines) {
        return MountTable.parse((String.join("\n", lines) + "\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void everyField() {
        var entry = table("36 35 98:1 /mnt1 /mnt2 rw,noatime shared:3 master:1 - ext3 /dev/root ro,errors=continue")
                .entries()
                .get(0);
        assertThat(entry.id()).isEqualTo(36);
        assertThat(entry.parent()).isEqualTo(35);
        assertThat(entry.device()).isEqualTo(Stat.device(98, 1));
        assertThat(entry.root()).isEqualTo("/mnt1");
        assertThat(entry.mountPoint()).isEqualTo("/mnt2");
        assertThat(entry.options()).containsExactly("rw", "noatime");
        assertThat(entry.propagation()).containsExactly("shared:3", "master:1");
        assertThat(entry.type()).isEqualTo("ext3");
        assertThat(entry.source()).isEqualTo("/dev/root");
        assertThat(entry.superOptions()).containsExactly("ro", "errors=continue");
        assertThat(entry.superOption("errors")).contains("continue");
        assertThat(entry.superOption("ro")).contains("");
        assertThat(entry.superOption("err")).isEmpty();
        assertThat(entry.isReadOnly()).isTrue();
        assertThat(entry.isDeleted()).isFalse();
        assertThat(entry).hasToString("/mnt2 (ext3)");
    }

    @Test
    void oddButValidLines() {
        var private_ = table("1 0 0:5 / / rw - tmpfs  rw").entries().get(0);
        assertThat(private_.propagation()).isEmpty();
        assertThat(private_.source()).isEmpty();
        assertThat(private_.superOptions()).containsExactly("rw");
        var deleted =
                table("1 0 0:5 /a//deleted /b rw - ext4 /dev/a rw").entries().get(0);
        assertThat(deleted.isDeleted()).isTrue();
        assertThat(deleted.root()).isEqualTo("/a");
        var last = MountTable.parse("1 0 0:5 / /x rw - proc proc rw".getBytes(StandardCharsets.US_ASCII));
        assertThat(last.entries()).as("without a line end").hasSize(1);
    }

    @Test
    void escapesAreUndone() {
        var table = table("1 0 0:5 /r\\134 /a\\040b\\011c\\012d\\134e\\043f rw - fuse.x so\\040urce rw");
        var entry = table.entries().get(0);
        assertThat(entry.mountPoint()).isEqualTo("/a b\tc\nd\\e#f");
        assertThat(entry.root()).isEqualTo("/r\\");
        assertThat(entry.source()).isEqualTo("so urce");
        assertThat(table.isMounted("/a b\tc\nd\\e#f")).isTrue();
        assertThat(table("1 0 0:5 / /a\\04 rw - a b c").isMounted("/a\\04")).isTrue();
        assertThat(table("1 0 0:5 / /a\\777\\9 rw - a b c").isMounted("/a\\777\\9"))
                .isTrue();
        assertThat(table("1 0 0:5 / /a\\ rw - a b c").isMounted("/a\\")).isTrue();
    }

    @Test
    void optionValuesWithCommasAndEqualsSigns() {
        var entry = table("1 0 0:5 / /m rw - overlay overlay rw,lowerdir=/a\\134\\054b:/c\\075d,upperdir=/u")
                .entries()
                .get(0);
        assertThat(entry.superOption("lowerdir")).contains("/a\\,b:/c=d");
        assertThat(MountOptions.paths(entry.superOption("lowerdir").orElseThrow()))
                .containsExactly("/a,b", "/c=d");
        assertThat(entry.superOption("upperdir")).contains("/u");
    }

    @Test
    void namesThatAreNotUtf8() {
        var table = table("1 0 0:5 / /caf\u00e9\u00ff rw - tmpfs tmpfs rw");
        var name = FileNames.decode("/caf\u00e9\u00ff".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(table.isMounted(name)).isTrue();
        assertThat(FileNames.encode(table.entries().get(0).mountPoint()))
                .isEqualTo("/caf\u00e9\u00ff".getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void lookups() {
        var table = table(
                "1 0 8:1 / / rw - ext4 /dev/a rw",
                "9 3 0:9 / /a/b/c rw - tmpfs inner rw",
                "3 1 0:3 / /a/b rw - overlay first rw",
                "5 1 0:5 / /a/bc rw - tmpfs sibling rw",
                "7 6 0:7 / /a/top rw - tmpfs upper rw",
                "6 1 0:6 / /a/top rw - tmpfs lower rw");
        assertThat(table.isMounted("/a/b")).isTrue();
        assertThat(table.isMounted("/a/b/")).isTrue();
        assertThat(table.isMounted("/a")).isFalse();
        assertThat(table.isMounted("/a/b/c/d")).isFalse();
        assertThat(table.at("/a/top").orElseThrow().source()).isEqualTo("upper");
        assertThat(table.below("/a/b").stream().map(MountEntry::source)).containsExactly("inner", "first");
        assertThat(table.below("/a/top").stream().map(MountEntry::source)).containsExactly("upper", "lower");
        assertThat(table.below("/").get(5).mountPoint()).isEqualTo("/");
        assertThat(table.below("/none")).isEmpty();
        assertThat(table.ofType("overlay").stream().map(MountEntry::id)).containsExactly(3);
        assertThat(table.byId(9).orElseThrow().source()).isEqualTo("inner");
        assertThat(table.byId(10)).isEmpty();
        assertThat(table.containing("/a/b/x/y").orElseThrow().id()).isEqualTo(3);
        assertThat(table.containing("/a/bcd").orElseThrow().id()).isEqualTo(1);
        assertThat(table.containing("/").orElseThrow().id()).isEqualTo(1);
    }

    @Test
    void manyStackedMountsInAnyOrder() {
        var lines = new ArrayList<String>();
        for (var i = 1; i <= 50; i++) {
            lines.add(i + " " + (i - 1) + " 0:" + i + " / /m rw - tmpfs m" + i + " rw");
        }
        for (var seed = 0; seed < 20; seed++) {
            Collections.shuffle(lines, new Random(seed));
            var table = table(lines.toArray(new String[0]));
            assertThat(table.at("/m").orElseThrow().source()).isEqualTo("m50");
            var ids = table.below("/m").stream().map(MountEntry::id).toList();
            for (var i = 0; i < 50; i++) {
                assertThat(ids.get(i)).isEqualTo(50 - i);
            }
        }
    }

    @Test
    void linesThatAreNoneAreLeftOut() {
        var table = table(
                "",
                " ",
                "garbage",
                "1 0 0:5 / /x rw",
                "1 0 0:5 / /x rw -",
                "1 0 0:5 / /x rw - a",
                "1 0 0:5 / /x rw - a b",
                "x 0 0:5 / /x rw - a b c",
                "1 0 05 / /x rw - a b c",
                "1 0 0:99999999999 / /x rw - a b c",
                "99999999999 0 0:5 / /x rw - a b c",
                "-1 0 0:5 / /x rw - a b c",
                "1 0 0:5 / x rw - a b c",
                "1 0 0:5 / /good rw - a b c");
        assertThat(table.entries().stream().map(MountEntry::mountPoint)).containsExactly("/good");
        assertThat(MountTable.parse(new byte[0]).entries()).isEmpty();
    }

    @Test
    void rubbishNeverHangsOrThrows() {
        var good = "36 35 98:1 /mnt1 /mn\\040t2 rw,noatime shared:3 - ext3 /dev/root ro,a=\\054b\n";
        for (var seed = 0; seed < 20_000; seed++) {
            var random = new Random(seed);
            var bytes = good.repeat(1 + random.nextInt(3)).getBytes(StandardCharsets.ISO_8859_1);
            for (var i = random.nextInt(8); i > 0; i--) {
                bytes[random.nextInt(bytes.length)] = random.nextBoolean()
                        ? (byte) random.nextInt(256)
                        : (byte) " \n\\:-,/0".charAt(random.nextInt(8));
            }
            visit(MountTable.parse(java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1))));
        }
    }

    @Test
    void parentsThatFormARingDoNotHang() {
        var table = table("1 2 0:1 / /m rw - a b c", "2 1 0:2 / /m rw - a b c", "3 3 0:3 / /m/n rw - a b c");
        assertThat(table.below("/m")).hasSize(3);
    }

    @Test
    void anyNameSurvivesTheKernelsEscapes() {
        var random = new Random(3);
        for (var round = 0; round < 5000; round++) {
            var name = new byte[1 + random.nextInt(30)];
            random.nextBytes(name);
            name[0] = '/';
            var line = new StringBuilder("1 0 0:1 / ");
            for (var i = 0; i < name.length; i++) {
                name[i] = name[i] == 0 ? (byte) '\\' : name[i];
                var c = name[i] & 0xff;
                line.append(" \t\n\\#".indexOf(c) >= 0 ? "\\%03o".formatted(c) : String.valueOf((char) c));
            }
            var entries = table(line + " rw - tmpfs tmpfs rw").entries();
            assertThat(entries).hasSize(1);
            assertThat(FileNames.encode(entries.get(0).mountPoint())).isEqualTo(name);
        }
    }

    @Test
    void theKernelsOwnTable() throws Exception {
        var table = MountTable.read();
        assertThat(table.isMounted("/")).isTrue();
        assertThat(table.at("/proc").orElseThrow().type()).isEqualTo("proc");
        assertThat(table.entries())
                .hasSameSizeAs(java.nio.file.Files.readAllLines(
                        java.nio.file.Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1));
        visit(table);
    }

    private static void visit(MountTable table) {
        for (var entry : table.entries()) {
            assertThat(entry.mountPoint()).startsWith("/");
            assertThat(entry.root()).isNotNull();
            assertThat(entry.options()).isNotNull();
            assertThat(entry.superOptions()).isNotNull();
            assertThat(entry.propagation()).isNotNull();
            assertThat(entry.source()).isNotNull();
            assertThat(entry.type()).isNotNull();
            assertThat(table.isMounted(entry.mountPoint())).isTrue();
        }
        assertThat(table.below("/")).hasSameSizeAs(table.entries());
    }
}
