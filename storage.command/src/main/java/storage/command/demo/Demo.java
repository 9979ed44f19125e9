package storage.command.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Option;
import storage.command.run.Dispatch;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;

/**
 * {@code demo}: the life of an image and of a layer on it, with the very commands that a user would type.
 *
 * <p>Every step is checked, so that the demo is a self-test as well. It works on a temporary root and leaves nothing.
 */
public final class Demo implements Verb {
    private final Dispatch dispatch;

    @Option(names = "--keep", description = "Leave the temporary root and what is in it, to look around.")
    boolean keep;

    public Demo(Dispatch dispatch) {
        this.dispatch = dispatch;
    }

    @Override
    public int run(Run run) throws Exception {
        var folder = folder(run);
        var steps = new Steps(run, dispatch, folder.resolve("root"));
        Throwable failed = null;
        try {
            tour(steps, folder);
        } catch (Unexpected e) {
            failed = e;
            run.out().line("");
            run.out().line("This is not what was expected: " + e.getMessage());
        } catch (Throwable e) {
            failed = e;
            throw e;
        } finally {
            end(run, steps, folder, failed);
        }
        return failed == null ? ExitCode.OK : ExitCode.DAMAGED;
    }

    /** Below the root that was asked for, if one was: whoever names a filesystem wants to see it at work. */
    private static Path folder(Run run) throws IOException {
        var name = "storage-demo-" + ProcessHandle.current().pid();
        var asked = run.askedRoot();
        var below = asked.isPresent()
                ? Files.createDirectories(asked.get())
                : Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
        return Files.createDirectory(
                below.resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private void tour(Steps steps, Path folder) throws Exception {
        steps.say("A tour of the life of an image and of a layer on it, in a store of its own below");
        steps.say(folder + (keep ? ", which stays." : ", which is removed at the end."));

        steps.title("Which backends work here?");
        steps.say("Each backend is asked; the first in the order of priority that works is chosen.");
        steps.command("drivers");
        var driver = steps.pinDriver();

        steps.title("Import an image");
        var layout = folder.resolve("image");
        var image = DemoImage.write(layout);
        steps.say("An image of three layers was written to " + layout + ": the second replaces a file,");
        steps.say("deletes one (a whiteout) and adds links, the third replaces a folder (an opaque directory).");
        var imported = steps.command("import", layout.toString(), "--name", "demo");
        steps.expect("the image id", image.id(), imported.get(0).split(" ", 2)[0]);
        steps.command("images");

        steps.title("Make a layer to write to, and mount it");
        steps.say("The layer shows all that the image shows, and takes no copy of it where the backend can help it.");
        steps.command("create", "box", "--from", "demo");
        var mounted = Path.of(steps.command("mount", "box").get(0));
        steps.expect("the mounted tree", DemoImage.TREE, tree(mounted));
        steps.say("The mounted tree is what the three layers say, entry by entry. The mount outlives the command.");

        steps.title("Change files");
        Files.writeString(mounted.resolve("etc/motd"), "changed through the mount\n");
        Files.delete(mounted.resolve("etc/release"));
        Files.createDirectory(mounted.resolve("var"));
        Files.writeString(mounted.resolve("var/log"), "a new file\n");
        steps.say("/etc/motd was written to, /etc/release deleted, /var and /var/log added.");
        var changes = steps.command("changes", "box");
        steps.expect(
                "the list of changes",
                List.of("C /etc", "C /etc/motd", "D /etc/release", "A /var", "A /var/log"),
                changes);

        steps.title("Write the changes as an archive");
        steps.say("As a layer of an image would hold them: the deleted file appears as etc/.wh.release.");
        var diff = folder.resolve("box.tar");
        steps.command("diff", "box", "-o", diff.toString());
        var first = Files.readAllBytes(diff);
        steps.command("diff", "box", "-o", diff.toString());
        steps.expect(
                "the second archive's digest", DemoImage.sha256(first), DemoImage.sha256(Files.readAllBytes(diff)));
        steps.say("Written twice, the same bytes: " + DemoImage.sha256(first).substring(0, 23) + "...");

        steps.title("Unmount and commit");
        var after = tree(mounted);
        steps.command("umount", "box");
        steps.say("The layer's changes become the fourth layer of a new image.");
        var committed = steps.command("commit", "box", "demo:changed").get(0);
        steps.command("df");

        steps.title("Export, import elsewhere, compare");
        exchange(steps, folder, driver, "demo", image.id(), "docker", DemoImage.TREE);
        exchange(steps, folder, driver, "demo:changed", committed, "oci", after);
        steps.say("Image ids and trees are the same on the other side: layers come out byte for byte as they went in.");

        steps.title("Look for damage, and tidy up");
        steps.command("check", "--full");
        if (!keep) {
            steps.command("rm", "box");
            steps.command("rmi", "demo", "demo:changed");
            steps.expect("the list of layers", 1, steps.command("ls").size());
        }
    }

    /** What comes out of one store goes into another and shows the same. */
    private static void exchange(
            Steps steps, Path folder, String driver, String name, String id, String format, Map<String, String> tree)
            throws Exception {
        var archive = folder.resolve(format + ".tar");
        steps.command("export", name, "-o", archive.toString(), "--format", format);
        var other = steps.elsewhere(folder.resolve("other-" + format), driver);
        steps.expect(
                "the image id",
                id,
                other.command("import", archive.toString(), "--name", "copy")
                        .get(0)
                        .split(" ", 2)[0]);
        other.quietly("create", "box", "--from", "copy");
        var mounted = Path.of(other.quietly("mount", "box").get(0));
        try {
            steps.expect("the tree of the copy", tree, tree(mounted));
        } finally {
            other.quietly("umount", "box");
        }
    }

    /** What a tree shows, in the form of {@link DemoImage#TREE}. Our own image holds nothing that could mislead this walk. */
    private static Map<String, String> tree(Path top) throws IOException {
        Map<String, String> tree = new TreeMap<>();
        try (var paths = Files.walk(top)) {
            for (var path : paths.filter(path -> !path.equals(top)).toList()) {
                var what = Files.isSymbolicLink(path)
                        ? "l " + Files.readSymbolicLink(path)
                        : Files.isDirectory(path) ? "d" : "f " + Files.readString(path);
                tree.put("/" + top.relativize(path), what);
            }
        }
        return tree;
    }

    /** Unmounts whatever happened; removes the folder unless it is to be kept. */
    private void end(Run run, Steps steps, Path folder, Throwable failed) throws Exception {
        // an interrupt has ended the tour; the way out must not be ended as well
        var interrupted = Thread.interrupted();
        try {
            List<String> left = new ArrayList<>(steps.cleanUp());
            if (!keep) {
                delete(folder);
                if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                    left.add(folder + " is still there");
                }
            }
            run.out().line("");
            for (var problem : left) {
                run.out().line("Left behind: " + problem);
            }
            if (failed == null && left.isEmpty()) {
                run.out().line(keep ? "Done. The store is in " + folder + "/root" : "Done. Nothing was left behind.");
            } else if (failed == null) {
                throw new IOException("The demo could not remove " + left.get(0));
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (var children = Files.newDirectoryStream(path)) {
                for (var child : children) {
                    delete(child);
                }
            }
        }
        Files.deleteIfExists(path);
    }
}
