package storage.aufs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import storage.api.LayerId;
import storage.linux.Linux;
import storage.testkit.tree.TreeMaker;

/**
 * A data root as an engine with the driver aufs leaves it, laid out by hand: an image of three layers, and a container with its
 * init layer.
 */
final class EngineRoot {
    static final LayerId BASE = id(1);
    static final LayerId MIDDLE = id(2);
    static final LayerId TOP = id(3);
    static final LayerId INIT = new LayerId(hex(4) + "-init");
    static final LayerId BOX = id(4);

    private final Path root;

    private EngineRoot(Path root) {
        this.root = root;
    }

    private static String hex(int n) {
        return String.format("%064x", n);
    }

    private static LayerId id(int n) {
        return new LayerId(hex(n));
    }

    static Path lay(Path root) throws IOException {
        var engine = new EngineRoot(root);
        engine.branches();
        engine.image(1, "");
        engine.image(2, "sha256:" + hex(1));
        engine.image(3, "sha256:" + hex(2));
        var container = Files.createDirectories(
                root.resolve("image/aufs/layerdb/mounts").resolve(hex(99)));
        Files.writeString(container.resolve("mount-id"), BOX.value());
        Files.writeString(container.resolve("init-id"), INIT.value());
        Files.writeString(container.resolve("parent"), "sha256:" + hex(3));
        return root;
    }

    private void branches() throws IOException {
        branch(BASE)
                .directory("etc")
                .file("etc/passwd", "root")
                .file("etc/delme", "d")
                .directory("etc/deldir")
                .file("etc/deldir/f", "f")
                .directory("etc/opq")
                .file("etc/opq/old", "o")
                .directory("srv")
                .file("srv/one", "linked")
                .link("srv/two", "srv/one")
                .symlink("srv/sym", "../etc/passwd");
        branch(MIDDLE, BASE)
                .directory("etc")
                .file("etc/.wh.delme", "")
                .file("etc/.wh.deldir", "")
                .directory("etc/opq")
                .file("etc/opq/.wh..wh..opq", "")
                .file("etc/opq/new", "n");
        branch(TOP, MIDDLE, BASE).directory("srv").file("srv/.wh.one", "").file("srv/renamed", "linked");
        kernelsOwn(branch(INIT, TOP, MIDDLE, BASE)).directory("etc").file("etc/hosts", "");
        kernelsOwn(branch(BOX, INIT, TOP, MIDDLE, BASE))
                .file(".wh..wh.plnk/17.42", "left")
                .directory("etc")
                .file("etc/.wh.passwd", "")
                .file("newfile", "new");
    }

    private TreeMaker branch(LayerId id, LayerId... parents) throws IOException {
        var home = root.resolve("aufs");
        var lines = List.of(parents).stream().map(LayerId::value).toList();
        Files.createDirectories(home.resolve("layers"));
        Files.write(home.resolve("layers").resolve(id.value()), lines);
        Files.createDirectories(home.resolve("mnt").resolve(id.value()));
        var diff = Files.createDirectories(home.resolve("diff").resolve(id.value()));
        return new TreeMaker(Linux.syscalls(), diff);
    }

    /** What aufs leaves in a branch that was written to. */
    private static TreeMaker kernelsOwn(TreeMaker branch) throws IOException {
        return branch.file(".wh..wh.aufs", "").directory(".wh..wh.plnk", 0700).directory(".wh..wh.orph", 0700);
    }

    private void image(int n, String parent) throws IOException {
        var folder = Files.createDirectories(
                root.resolve("image/aufs/layerdb/sha256").resolve(hex(n)));
        Files.writeString(folder.resolve("cache-id"), hex(n));
        Files.writeString(folder.resolve("diff"), "sha256:" + hex(n));
        Files.writeString(folder.resolve("size"), "1");
        if (!parent.isEmpty()) {
            Files.writeString(folder.resolve("parent"), parent);
        }
    }
}
