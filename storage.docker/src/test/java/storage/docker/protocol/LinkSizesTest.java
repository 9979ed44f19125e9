package storage.docker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lengths of links, in each form that archives have them. */
class LinkSizesTest {
    private static byte[] archive(int longNames) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name())) {
            tar.setLongFileMode(longNames);
            link(tar, "short", "abc", TarConstants.LF_SYMLINK);
            link(tar, "long", "x".repeat(300), TarConstants.LF_SYMLINK);
            link(tar, "after", "de", TarConstants.LF_SYMLINK);
            var file = new TarArchiveEntry("file");
            file.setSize(2000);
            tar.putArchiveEntry(file);
            tar.write(new byte[2000]);
            tar.closeArchiveEntry();
            link(tar, "hard", "file", TarConstants.LF_LINK);
        }
        return bytes.toByteArray();
    }

    private static void link(TarArchiveOutputStream tar, String name, String target, byte type) throws IOException {
        var entry = new TarArchiveEntry(name, type);
        entry.setLinkName(target);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    @ParameterizedTest
    @ValueSource(ints = {TarArchiveOutputStream.LONGFILE_POSIX, TarArchiveOutputStream.LONGFILE_GNU})
    void symbolicLinksCountWithTheirTargets(int longNames) throws Exception {
        var archive = archive(longNames);
        var sizes = new LinkSizes(new ByteArrayInputStream(archive));
        var buffer = new byte[700];
        var random = new Random(1);
        while (sizes.read(buffer, 0, 1 + random.nextInt(buffer.length)) >= 0) {
            // in pieces of any size
        }
        assertThat(sizes.bytes()).isEqualTo(3 + 300 + 2);
    }

    @Test
    void whatIsSkippedOrReadByteByByteCountsToo() throws Exception {
        var archive = archive(TarArchiveOutputStream.LONGFILE_POSIX);
        var sizes = new LinkSizes(new ByteArrayInputStream(archive));
        for (var i = 0; i < 600; i++) {
            assertThat(sizes.read()).isNotNegative();
        }
        while (sizes.skip(1000) > 0) {
            // to the end
        }
        assertThat(sizes.bytes()).isEqualTo(3 + 300 + 2);
    }

    @Test
    void whatIsNoArchiveHasNone() throws Exception {
        var junk = new byte[5000];
        new Random(3).nextBytes(junk);
        var sizes = new LinkSizes(new ByteArrayInputStream(junk));
        assertThat(sizes.readAllBytes()).isEqualTo(junk);
        assertThat(sizes.bytes()).isZero();
    }
}
