package storage.image.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

class TarIndexTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8");

    @ParameterizedTest
    @ValueSource(ints = {TarArchiveOutputStream.LONGFILE_POSIX, TarArchiveOutputStream.LONGFILE_GNU})
    void longNamesAndAnyOrder(int mode) throws IOException {
        tar.setLongFileMode(mode);
        var name = "d".repeat(120) + "/" + "e".repeat(150);
        file("./" + name, "long");
        file("a", "first");
        file("a", "second");
        try (var members = open()) {
            assertThat(text(members, name)).isEqualTo("long");
            assertThat(text(members, "/a")).as("the last of two").isEqualTo("second");
            assertThat(members.find("d".repeat(120))).isEmpty();
        }
    }

    @Test
    void linksAreFollowedWithinTheArchive() throws IOException {
        file("x/layer.tar", "content");
        link("y/layer.tar", "../x/layer.tar", TarConstants.LF_SYMLINK);
        link("z/layer.tar", "x/layer.tar", TarConstants.LF_LINK);
        link("w", "/y/layer.tar", TarConstants.LF_SYMLINK);
        link("out", "../../etc/passwd", TarConstants.LF_SYMLINK);
        link("circle", "circle", TarConstants.LF_SYMLINK);
        try (var members = open()) {
            assertThat(text(members, "y/layer.tar")).isEqualTo("content");
            assertThat(text(members, "z/layer.tar")).isEqualTo("content");
            assertThat(text(members, "w")).isEqualTo("content");
            assertThat(members.find("out")).isEmpty();
            assertThat(members.find("../x/layer.tar")).isEmpty();
            refused(() -> members.find("circle"), Kind.BAD_ARCHIVE);
        }
    }

    @Test
    void cutOffArchiveIsRefused() throws IOException {
        file("a", "x".repeat(5000));
        var whole = finish();
        refused(() -> open(Arrays.copyOf(whole, 3000)), Kind.BAD_ARCHIVE);
        refused(() -> open(new byte[0]), Kind.BAD_ARCHIVE);
        refused(() -> open("no tar at all".repeat(100).getBytes(StandardCharsets.UTF_8)), Kind.BAD_ARCHIVE);
    }

    @Test
    void sizeThatLiesIsRefused() throws IOException {
        var entry = new TarArchiveEntry("a");
        entry.setSize(8L << 30);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
        tar.putArchiveEntry(entry);
        refused(() -> open(Arrays.copyOf(bytes.toByteArray(), 4096)), Kind.BAD_ARCHIVE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"5 a=b\n", "99999999999 path=x\n", "x path=b\n", "10 path=b", "0 path=b\n", "-5 path=b\n"})
    void extendedHeaderThatIsNoneIsRefused(String records) throws IOException {
        extension("PaxHeaders/x", TarConstants.LF_PAX_EXTENDED_HEADER_LC, records.getBytes(StandardCharsets.UTF_8));
        file("a", "content");
        refused(() -> open(finish()), Kind.BAD_ARCHIVE);
    }

    @Test
    void hugeExtendedHeaderIsNotReadIntoMemory() throws IOException {
        extension("././@LongLink", TarConstants.LF_GNUTYPE_LONGNAME, new byte[1 << 20]);
        refused(() -> open(finish()), Kind.LIMIT_EXCEEDED);
    }

    @Test
    void tooManyMembersAreRefused() throws IOException {
        for (var i = 0; i <= 100_000; i++) {
            file("f" + i, "");
        }
        refused(() -> open(finish()), Kind.LIMIT_EXCEEDED);
    }

    private void extension(String name, byte type, byte[] content) throws IOException {
        var entry = new TarArchiveEntry(name, type);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private void file(String name, String content) throws IOException {
        var entry = new TarArchiveEntry(name);
        var utf8 = content.getBytes(StandardCharsets.UTF_8);
        entry.setSize(utf8.length);
        tar.putArchiveEntry(entry);
        tar.write(utf8);
        tar.closeArchiveEntry();
    }

    private void link(String name, String target, byte type) throws IOException {
        var entry = new TarArchiveEntry(name, type);
        entry.setLinkName(target);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    private byte[] finish() throws IOException {
        tar.finish();
        return bytes.toByteArray();
    }

    private Members open() throws IOException {
        return open(finish());
    }

    private Members open(byte[] archive) throws IOException {
        return TarMembers.open(FileChannel.open(Files.write(folder.resolve("archive"), archive)));
    }

    private static String text(Members members, String name) throws IOException {
        return new String(members.read(members.need(name), 1 << 16), StandardCharsets.UTF_8);
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Kind kind) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }
}
