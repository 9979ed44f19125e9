package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.linux.Folder.bytes;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MountOptionsTest {
    @Test
    void optionsInOrder() {
        var options = new MountOptions()
                .flag("volatile")
                .paths("lowerdir", List.of(bytes("/a,b"), bytes("/c:d"), bytes("/e\\f")))
                .path("upperdir", bytes("u p"));
        assertThat(options).hasToString("volatile,lowerdir=/a\\,b:/c\\:d:/e\\\\f,upperdir=u p");
        assertThat(new MountOptions().bytes()).isEmpty();
    }

    @Test
    void listsOfPathsComeBackAsTheyWere() {
        var random = new Random(5);
        for (var round = 0; round < 2000; round++) {
            var paths = IntStream.range(0, 1 + random.nextInt(4))
                    .mapToObj(i -> random.ints(1 + random.nextInt(8), 0, 6)
                            .mapToObj(c -> String.valueOf("\\,:/a\udcff".charAt(c)))
                            .reduce("", String::concat))
                    .toList();
            var text = new MountOptions()
                    .paths("l", paths.stream().map(Folder::bytes).toList())
                    .toString();
            assertThat(MountOptions.paths(text.substring(2))).isEqualTo(paths);
        }
    }

    @Test
    void escapeLeavesOtherBytesAlone() {
        assertThat(MountOptions.escape(new byte[] {-1, ',', 0x20})).isEqualTo(new byte[] {-1, '\\', ',', 0x20});
    }
}
