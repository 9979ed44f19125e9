package storage.aufs.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import storage.api.StorageException;

/** The strings that the kernel is given, for paths as an engine has them: a branch takes 97 bytes in the first call and 104 in the others. */
class UnionOptionsTest {
    private static final int PAGE = 4096;
    private static final String HOME = "/var/lib/docker/aufs/";
    private static final String LABEL = "system_u:object_r:container_file_t:s0:c123,c456";
    private static final String ALWAYS = ",dio,xino=/dev/shm/aufs.xino";
    private static final String CONTEXT = ",context=\"" + LABEL + "\"";

    private static String diff(int n) {
        return "diff/" + String.format("%064x", n);
    }

    private static Union union(int lowers, boolean readOnly) {
        return new Union(
                diff(0),
                IntStream.rangeClosed(1, lowers)
                        .mapToObj(UnionOptionsTest::diff)
                        .toList(),
                readOnly);
    }

    private static List<String> options(int lowers, boolean dirperm1, String label) throws StorageException {
        return UnionOptions.of(HOME, union(lowers, false), dirperm1, label, PAGE);
    }

    @Test
    void oneLower() throws Exception {
        var zeros = "0".repeat(63);
        var branches = "br:/var/lib/docker/aufs/diff/" + zeros + "0=rw:/var/lib/docker/aufs/diff/" + zeros + "1=ro+wh";
        assertThat(options(1, false, "")).containsExactly(branches + ALWAYS);
        assertThat(options(1, true, "")).containsExactly(branches + ALWAYS + ",dirperm1");
        assertThat(options(1, false, LABEL)).containsExactly(branches + ALWAYS + CONTEXT);
        assertThat(options(1, true, LABEL)).containsExactly(branches + ALWAYS + ",dirperm1" + CONTEXT);
        assertThat(UnionOptions.of(HOME, union(1, true), true, "", PAGE))
                .containsExactly(branches.replace("=rw", "=ro+wh") + ALWAYS + ",dirperm1");
    }

    /** The last lower of each call, by number; the strings themselves are put together in {@link #strings}. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            42  | false | false | 40 42
            42  | true  | false | 40 42
            42  | false | true  | 40 42
            42  | true  | true  | 40 42
            126 | false | false | 40 79 118 126
            126 | true  | false | 40 79 118 126
            126 | false | true  | 40 78 116 126
            126 | true  | true  | 40 78 116 126
            300 | false | false | 40 79 118 157 196 235 274 300
            300 | true  | false | 40 79 118 157 196 235 274 300
            300 | false | true  | 40 78 116 154 192 230 268 300
            300 | true  | true  | 40 78 116 154 192 230 268 300
            """)
    void manyLowersAreCutIntoCalls(int lowers, boolean dirperm1, boolean labelled, String cuts) throws Exception {
        var label = labelled ? LABEL : "";
        var ends = new ArrayList<Integer>();
        for (var cut : cuts.split(" ", -1)) {
            ends.add(Integer.parseInt(cut));
        }
        var options = options(lowers, dirperm1, label);
        assertThat(options).isEqualTo(strings(ends, dirperm1, labelled ? CONTEXT : ""));
        assertThat(options).allMatch(call -> call.length() < PAGE);
    }

    private static List<String> strings(List<Integer> ends, boolean dirperm1, String context) {
        var all = new ArrayList<String>();
        var from = 1;
        for (var end : ends) {
            var text = new StringBuilder();
            for (var i = from; i <= end; i++) {
                var between = all.isEmpty() ? ":" : i == from ? "append:" : ",append:";
                text.append(between).append(HOME).append(diff(i)).append("=ro+wh");
            }
            all.add(
                    all.isEmpty()
                            ? "br:" + HOME + diff(0) + "=rw" + text + ALWAYS + (dirperm1 ? ",dirperm1" : "") + context
                            : text + context);
            from = end + 1;
        }
        return all;
    }

    @Test
    void lastByteOfThePageIsTheKernels() throws Exception {
        // the first call with two lowers, byte by byte around its length
        var length = options(2, true, LABEL).get(0).length();
        assertThat(UnionOptions.of(HOME, union(2, false), true, LABEL, length + 1))
                .hasSize(1);
        var two = UnionOptions.of(HOME, union(2, false), true, LABEL, length);
        assertThat(two).hasSize(2);
        assertThat(two.get(0)).endsWith("1=ro+wh" + ALWAYS + ",dirperm1" + CONTEXT);
        assertThat(two.get(1)).isEqualTo("append:" + HOME + diff(2) + "=ro+wh" + CONTEXT);
        // and a remount with two
        var remount = new Union(
                diff(0),
                IntStream.rangeClosed(1, 3).mapToObj(UnionOptionsTest::diff).toList(),
                false);
        var page = two.get(0).length() + 1;
        assertThat(UnionOptions.of(HOME, remount, true, LABEL, page).get(0)).contains("1=ro+wh,dio");
        assertThat(UnionOptions.of(HOME, remount, true, LABEL, page)).hasSize(2);
    }

    @Test
    void shortPathsDoNotOverflowTheModulesOwnPage() throws Exception {
        var short126 = new Union(
                "d/0", IntStream.rangeClosed(1, 126).mapToObj(i -> "d/" + i).toList(), false);
        var options = UnionOptions.of("", short126, false, "", PAGE);
        assertThat(options).hasSize(2);
        assertThat(options.get(0).chars().filter(c -> c == '=')).hasSize(UnionOptions.MOST + 1);
        assertThat(options.get(1).split(",", -1)).hasSize(127 - UnionOptions.MOST);
    }

    @Test
    void bytesCountAndNotCharacters() throws Exception {
        var union = new Union("ü".repeat(100), List.of("é".repeat(100)), false);
        var whole = 3 + 200 + 3 + 1 + 200 + 6 + ALWAYS.length();
        assertThat(UnionOptions.of("", union, false, "", whole + 1)).hasSize(1);
        assertThat(UnionOptions.of("", union, false, "", whole)).hasSize(2);
    }

    @Test
    void whatCannotBeSaidIsRefused() {
        assertThatThrownBy(() -> options(1, false, "a\"b")).hasMessageContaining("quotation mark");
        assertThatThrownBy(() -> UnionOptions.of(HOME, union(1, false), false, "x".repeat(5000), PAGE))
                .isInstanceOfSatisfying(
                        StorageException.class,
                        e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.LIMIT_EXCEEDED));
        for (var path : List.of("/a:b/", "/a,b/", "/a=b/", "/a\\b/", "/a\"b/")) {
            assertThat(UnionOptions.canName(path)).as(path).isFalse();
        }
        assertThat(UnionOptions.canName("/var/lib/a b-c_d.e/")).isTrue();
    }
}
