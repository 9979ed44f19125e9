package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.FileNames;
import storage.api.IdMaps;
import storage.api.StorageException;
import storage.common.Tree;
import storage.common.diff.DiffOptions;
import storage.common.diff.Told;
import storage.common.tree.Faults;
import storage.common.tree.TreeCopy;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.Syscalls;

/** Without root: what cannot be done is noted, and comes out again. */
class UnprivilegedTest {
    private static final int USER = 4711;

    /** A kernel that takes us for an ordinary user. */
    private static final Syscalls LINUX = Faults.answering(Tree.LINUX, (call, arguments) -> switch (call) {
        case "geteuid", "getegid" -> USER;
        case "fchown", "fchownat" -> -Errno.EPERM;
        case "mknodat" -> ((Integer) arguments[2] & Stat.S_IFMT) == Stat.S_IFIFO ? null : (Integer) (-Errno.EPERM);
        case "fsetxattr", "lsetxattr" ->
            FileNames.decode((byte[]) arguments[1]).startsWith("user.") ? null : (Integer) (-Errno.EPERM);
        default -> null;
    });

    @TempDir
    Path folder;

    private final FilePrivilegeRecord record = new FilePrivilegeRecord();

    private static Tar sample() {
        return new Tar()
                .owner(0, 42)
                .mode(0640)
                .file("etc/shadow", "secret")
                .device("dev/null", 'c', 1, 3)
                .owner(7, 8)
                .mode(0660)
                .device("dev/loop", 'b', 7, 70_000)
                .xattr("security.capability", new byte[] {1, 2, 3})
                .file("ping", "x")
                .link("ping6", "ping")
                .fifo("fifo")
                .symlink("link", "target")
                .mode(0555)
                .entry((byte) '5', "locked/", "", new byte[0], 0555, 0, 0)
                .file("locked/f", "in a directory without w");
    }

    private void unpack(Tree tree, Tar tar) throws IOException {
        LayerUnpacker.unpack(
                LINUX,
                UnpackTarget.plain(tree.fd()),
                tar.stream(),
                new UnpackOptions(IdMaps.IDENTITY, ArchiveLimits.DEFAULT, Optional.of(record)));
    }

    private byte[] pack(Tree tree, FilePrivilegeRecord known) throws IOException {
        var out = new ByteArrayOutputStream();
        Told.pack(LINUX, -1, tree.fd(), new DiffOptions(IdMaps.IDENTITY, Optional.empty(), Optional.of(known)), out);
        return out.toByteArray();
    }

    @Test
    void whatIsNotAllowedIsNoted() throws IOException {
        try (var tree = Tree.make(folder, "t")) {
            unpack(tree, sample());
            assertThat(tree.stat("dev/null").isRegular()).isTrue();
            assertThat(tree.stat("dev/null").size).isZero();
            assertThat(tree.stat("locked").permissions()).isEqualTo(0555);
            assertThat(record.get(FileNames.encode("etc/shadow")).orElseThrow().gid())
                    .isEqualTo(42);
            var device = record.get(FileNames.encode("dev/loop")).orElseThrow();
            assertThat(device.mode()).isEqualTo(Stat.S_IFBLK | 0660);
            assertThat(device.special()).isEqualTo(Stat.device(7, 70_000));
            assertThat(device.uid()).isEqualTo(7);
            assertThat(record.get(FileNames.encode("ping6")).orElseThrow().xattrs())
                    .containsKey("security.capability");
        }
    }

    @Test
    void itComesOutAgain() throws IOException {
        try (var tree = Tree.make(folder, "t");
                var again = Tree.make(folder, "a")) {
            unpack(tree, sample());
            var archive = pack(tree, record);
            var second = new FilePrivilegeRecord();
            LayerUnpacker.unpack(
                    LINUX,
                    UnpackTarget.plain(again.fd()),
                    new ByteArrayInputStream(archive),
                    new UnpackOptions(IdMaps.IDENTITY, ArchiveLimits.DEFAULT, Optional.of(second)));
            assertThat(pack(again, second)).isEqualTo(archive);
            assertThat(FileNames.decode(archive)).contains("security.capability", "dev/null");
        }
    }

    @Test
    void aFileKeepsTheRecord() throws IOException {
        record.put(FileNames.encode("raw\udcff\n"), new Attributes(1, 2, 3, 4, Map.of("user.\udcfe", new byte[] {0, -1
        })));
        record.put(new byte[0], new Attributes(0, 0, 0, 0, Map.of()));
        var file = folder.resolve("record");
        record.save(file);
        var loaded = FilePrivilegeRecord.load(file);
        assertThat(loaded.size()).isEqualTo(2);
        assertThat(loaded.get(FileNames.encode("raw\udcff\n"))
                        .orElseThrow()
                        .xattrs()
                        .get("user.\udcfe"))
                .containsExactly(0, -1);
        assertThat(FilePrivilegeRecord.load(folder.resolve("missing")).isEmpty())
                .isTrue();
        for (var broken : new String[] {"{", "[]", "{\"path\":\"!\"}", "{}", "x"}) {
            Files.writeString(file, broken);
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> FilePrivilegeRecord.load(file))
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.DAMAGED));
        }
    }

    @Test
    void whatIsReplacedOrRemovedIsForgotten() throws IOException {
        try (var tree = Tree.make(folder, "t")) {
            unpack(tree, sample());
            unpack(tree, new Tar().owner(1, 1).file("etc", "a file now").file(".wh.dev", ""));
            assertThat(record.get(FileNames.encode("etc/shadow"))).isEmpty();
            assertThat(record.get(FileNames.encode("dev/null"))).isEmpty();
            assertThat(record.get(FileNames.encode("etc")).orElseThrow().uid()).isEqualTo(1);
            assertThat(record.get(FileNames.encode("ping"))).isPresent();
        }
    }

    @Test
    void aChildHasACopyAndItsDifferencesAreItsOwn() throws IOException {
        try (var tree = Tree.make(folder, "t");
                var child = Tree.make(folder, "c")) {
            unpack(tree, sample());
            var childRecord = new FilePrivilegeRecord();
            record.copyTo(childRecord);
            TreeCopy.copy(LINUX, tree.fd(), child.fd(), TreeCopy.Mode.CONTENT, Optional.of(childRecord));
            var options =
                    new DiffOptions(IdMaps.IDENTITY, Optional.empty(), Optional.of(childRecord), Optional.of(record));
            assertThat(Told.changes(LINUX, tree.fd(), child.fd(), options)).isEmpty();
            childRecord.put(FileNames.encode("ping"), new Attributes(0, 99, 99, 0, Map.of()));
            assertThat(Told.changes(LINUX, tree.fd(), child.fd(), options)).hasToString("[C /ping]");
        }
    }
}
