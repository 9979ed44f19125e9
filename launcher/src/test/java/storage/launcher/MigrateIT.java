package storage.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store moves to another backend from the command line. */
class MigrateIT {
    @TempDir
    Path scratch;

    @Test
    void moves() throws Exception {
        Program.require("overlay2");
        var root = scratch.resolve("root");
        var storage = Program.in(scratch).on(root);
        var archive = Program.in(scratch, "--driver", "vfs").demoArchive(scratch.resolve("demo"));
        storage.run("--driver", "overlay2", "import", archive.toString(), "--name", "app")
                .good();
        storage.run("create", "box", "--from", "app").good();
        var path = Path.of(storage.run("mount", "box").good().out().strip());
        try {
            Files.writeString(path.resolve("written"), "before");
            assertThat(storage.run("migrate", "--to", "vfs").failed(5).err()).contains("box, held by cli");
        } finally {
            storage.run("umount", "box").good();
        }
        var before = scratch.resolve("before.tar");
        storage.run("export", "app", "-o", before.toString()).good();
        var changes = storage.run("changes", "box").good().out();

        var moved = storage.run("--json", "migrate", "--to", "vfs").good().json();
        assertThat(moved.get("from").asText()).isEqualTo("overlay2");
        assertThat(moved.get("to").asText()).isEqualTo("vfs");
        assertThat(moved.get("sourceKept").asBoolean()).isTrue();

        assertThat(storage.run("changes", "box").good().out())
                .isEqualTo(changes)
                .contains("A /written");
        var after = scratch.resolve("after.tar");
        storage.run("export", "app", "-o", after.toString()).good();
        assertThat(after).hasSameBinaryContentAs(before);
        assertThat(storage.run("status").good().out()).contains("vfs");
        assertThat(storage.run("drivers").good().out()).contains("what a migration left behind");
        assertThat(storage.run("check", "--full").good().out()).contains("No damage found.");
        assertThat(storage.run("migrate", "--to", "overlay2").failed(2).err()).contains("--clean");
        assertThat(storage.run("migrate", "--clean").good().out()).contains("Removed: overlay2");
        assertThat(root.resolve("overlay2")).doesNotExist();
        assertThat(storage.run("migrate", "--clean").good().out()).contains("Nothing was left behind.");
        storage.run("rm", "box").good();
        storage.run("rmi", "app").good();
        assertThat(storage.run("ls").good().out().lines()).hasSize(1);
    }

    @Test
    void mistakes() throws Exception {
        var storage = Program.in(scratch).on(scratch.resolve("nothing"));
        assertThat(storage.run("migrate").failed(2).err()).contains("--to DRIVER");
        assertThat(storage.run("migrate", "--to", "vfs", "--clean").failed(2).err())
                .contains("--to DRIVER");
        assertThat(storage.run("migrate", "--to", "vfs", "--wait", "-1")
                        .failed(2)
                        .err())
                .contains("--wait");
        assertThat(storage.run("--driver", "vfs", "migrate", "--to", "vfs")
                        .failed(2)
                        .err())
                .contains("--to");
        assertThat(storage.run("migrate", "--to", "vfs").failed(3).err()).contains("no store");
        assertThat(storage.run("migrate", "--abandon").good().out()).contains("no migration");
        assertThat(scratch.resolve("nothing")).doesNotExist();
    }
}
