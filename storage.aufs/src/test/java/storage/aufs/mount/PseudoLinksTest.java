package storage.aufs.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.FileNames;
import storage.linux.Linux;
import storage.testkit.linux.FailingSyscalls;

class PseudoLinksTest {
    private final FailingSyscalls kernel = FailingSyscalls.around(Linux.syscalls());

    @TempDir
    Path folder;

    private Path union;
    private Path branch;

    @BeforeEach
    void layOut() throws Exception {
        union = Files.createDirectories(folder.resolve("mnt/d")).getParent();
        branch = Files.createDirectories(folder.resolve("diff/.wh..wh.plnk")).getParent();
        Files.writeString(union.resolve("one"), "x");
        Files.createLink(union.resolve("d/two"), union.resolve("one"));
        Files.writeString(union.resolve("other"), "y");
    }

    private void remember(Path file) throws Exception {
        var inode = Files.getAttribute(file, "unix:ino");
        Files.createFile(branch.resolve(".wh..wh.plnk/" + inode + ".4711"));
    }

    private void flush(PseudoLinks links) throws Exception {
        kernel.recording();
        links.flush(union.toString(), branch.toString());
    }

    private List<String> touched() {
        return kernel.calls().stream()
                .filter(call -> call.method().equals("utimensat"))
                .map(call -> FileNames.decode((byte[]) call.arguments().get(1)))
                .sorted()
                .toList();
    }

    @Test
    void everyNameOfAFileIsTouchedAndNothingElse() throws Exception {
        remember(union.resolve("one"));
        Files.createFile(branch.resolve(".wh..wh.plnk/not a number"));
        var time = Files.getLastModifiedTime(union.resolve("one"));
        flush(new PseudoLinks(kernel.syscalls()));
        assertThat(touched()).containsExactly("one", "two");
        assertThat(Files.getLastModifiedTime(union.resolve("one"))).isEqualTo(time);
    }

    @Test
    void immutableFileKeepsNothingMounted() throws Exception {
        remember(union.resolve("one"));
        kernel.failAlways("utimensat", storage.linux.Errno.EPERM);
        flush(new PseudoLinks(kernel.syscalls()));
        assertThat(touched()).containsExactly("one", "two");
    }

    @Test
    void withoutPseudoLinksTheUnionIsNotLookedAt() throws Exception {
        flush(new PseudoLinks(kernel.syscalls()));
        assertThat(kernel.calls()).noneMatch(call -> call.toString().contains(union.toString()));
        Files.delete(branch.resolve(".wh..wh.plnk"));
        flush(new PseudoLinks(kernel.syscalls()));
    }

    @Test
    void linksAreForgottenAfterTheUnmount() throws Exception {
        remember(union.resolve("one"));
        var links = new PseudoLinks(kernel.syscalls());
        links.clear(branch.toString());
        assertThat(branch.resolve(".wh..wh.plnk")).isEmptyDirectory();
        links.clear(folder.resolve("nothing").toString());
    }
}
