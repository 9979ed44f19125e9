package storage.common.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void replacesContentAndMode() throws Exception {
        var file = folder.resolve("f");
        AtomicFile.write(file, text("one"), 0644);
        assertThat(file).hasContent("one");
        AtomicFile.write(file, text("two, longer"), 0600);
        assertThat(file).hasContent("two, longer");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void leftoverOfACrashIsNoHindrance() throws Exception {
        Files.writeString(folder.resolve(".f.tmp"), "half");
        Files.setPosixFilePermissions(folder.resolve(".f.tmp"), PosixFilePermissions.fromString("r--------"));
        AtomicFile.write(folder.resolve("f"), text("whole"), 0600);
        assertThat(folder.resolve("f")).hasContent("whole");
        assertThat(folder.resolve(".f.tmp")).doesNotExist();
    }

    @Test
    void linkInPlaceOfTheLeftoverIsNotFollowed() throws Exception {
        var victim = Files.writeString(folder.resolve("victim"), "untouched");
        Files.createSymbolicLink(folder.resolve(".f.tmp"), victim);
        AtomicFile.write(folder.resolve("f"), text("new"), 0600);
        assertThat(victim).hasContent("untouched");
        assertThat(Files.isSymbolicLink(folder.resolve("f"))).isFalse();
    }

    @Test
    void failureLeavesTheOldFileAndNothingBeside() throws Exception {
        var file = Files.createDirectory(folder.resolve("f"));
        Files.createFile(file.resolve("in the way"));
        assertThatThrownBy(() -> AtomicFile.write(file, text("x"), 0600)).isInstanceOf(IOException.class);
        assertThat(file).isDirectoryContaining("glob:**way");
        assertThat(folder.resolve(".f.tmp")).doesNotExist();
    }

    @Test
    void interruptedThreadWritesAllTheSame() throws Exception {
        Thread.currentThread().interrupt();
        AtomicFile.write(folder.resolve("f"), text("written"), 0600);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(folder.resolve("f")).hasContent("written");
    }
}
