package storage.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import storage.linux.Linux;
import storage.linux.MountTable;
import storage.linux.PathBytes;
import storage.testkit.NothingLeft;
import storage.testkit.tree.TreeMaker;

/** A Karaf is given the archive: its features bring the runtime, whose backend is exchanged under a consumer. */
class KarafIT {
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final List<String> BACKENDS = List.of("vfs", "overlay", "btrfs", "aufs", "loopback", "devmapper");
    private static final int MNT_DETACH = 2;

    private Path folder;
    private Path root;
    private Karaf karaf;

    @BeforeEach
    void start() throws Exception {
        folder = Files.createTempDirectory(TARGET, "karaf-").toRealPath();
        root = folder.resolve("root");
        karaf = new Karaf(folder.resolve("karaf"));
        Files.writeString(karaf.etc("storage.store-default.cfg"), "storage.name=default\nroot=" + root + "\n");
        karaf.start();
        karaf.awaitBoot();
    }

    @AfterEach
    void stop() throws Exception {
        karaf.close();
        for (var mount : MountTable.read().entries()) {
            if (mount.mountPoint().startsWith(folder + "/")) {
                Linux.syscalls().umount2(PathBytes.of(Path.of(mount.mountPoint())), MNT_DETACH);
            }
        }
        new TreeMaker(Linux.syscalls(), TARGET).remove(folder.getFileName().toString());
    }

    @Test
    void aBackendIsUpdatedUnderAConsumer() throws Exception {
        installFeatures();
        var data = writtenAndRolledBack();
        var box = boxOfAnImage();
        try (var open = new RandomAccessFile(box.resolve("open").toFile(), "rw")) {
            open.writeUTF("before");
            var backend = "storage." + driver().replace("overlay2", "overlay");
            var other = withVersion(backend, "99.0.0").toUri();
            var bundles = karaf.run("bundle:update " + backend + " " + other, "bundle:list -s");
            assertThat(bundles.lines().filter(line -> line.contains(backend)))
                    .singleElement()
                    .asString()
                    .contains("Active")
                    .contains("99.0.0");
            open.writeUTF("after");
            open.seek(0);
            assertThat(open.readUTF() + open.readUTF()).isEqualTo("beforeafter");
        }
        assertThat(path("echo $(data:path)")).as("the folder stays where it is").isEqualTo(data);
        assertThat(data.resolve("document")).hasContent("first");
        assertThat(karaf.run(storage("changes box"), storage("check --full"))).contains("A /open", "No damage found.");
        karaf.run(storage("umount box"), storage("rm box"), "feature:uninstall data-folder");
        assertThat(NothingLeft.mountsBelow(root))
                .as("what nobody holds any more")
                .isEmpty();
        karaf.stop();
        assertThat(karaf.logged().lines().filter(line -> line.contains("| ERROR |") && line.contains(" - storage.")))
                .isEmpty();
    }

    private void installFeatures() throws Exception {
        karaf.run("kar:install " + TARGET.resolve("storage.kar").toUri());
        // each is resolved without the others, or refused
        var simulated = BACKENDS.stream().map(each -> "feature:install --verbose --simulate storage-" + each);
        assertThat(karaf.run(simulated.toArray(String[]::new)))
                .contains(BACKENDS.stream()
                        .map("Adding features: storage-"::concat)
                        .toList());
        assertThat(karaf.run("feature:install --no-auto-refresh storage-all", "storage:drivers"))
                .contains("works");
    }

    /** The example, as a feature of an application. */
    private Path writtenAndRolledBack() throws Exception {
        var features = folder.resolve("application.xml");
        Files.writeString(features, """
                <features name="application" xmlns="http://karaf.apache.org/xmlns/features/v1.6.0">
                  <feature name="data-folder">
                    <feature>storage</feature>
                    <bundle>%s</bundle>
                  </feature>
                </features>
                """.formatted(
                        TARGET.resolve("example/storage.example.jar").toUri()));
        karaf.run("feature:repo-add " + features.toUri(), "feature:install --no-auto-refresh data-folder");
        // the store is opened in the background
        karaf.await("echo $(data:path)", said -> said.startsWith("/"));
        var document = path("echo $(data:path)").resolve("document");
        Files.writeString(document, "first");
        var next = path("data:snapshot", "echo $(data:path)");
        assertThat(next.resolve("document")).hasContent("first");
        Files.writeString(next.resolve("document"), "second");
        Files.writeString(next.resolve("other"), "other");
        var back = path("data:rollBack data-1", "echo $(data:path)");
        assertThat(back.resolve("document")).hasContent("first");
        assertThat(back.resolve("other")).doesNotExist();
        return back;
    }

    /** Brought in by the commands, and mounted. */
    private Path boxOfAnImage() throws Exception {
        karaf.run("storage:demo --keep --root " + folder.resolve("demo"));
        Path archive;
        try (var demos = Files.newDirectoryStream(folder.resolve("demo"))) {
            archive = demos.iterator().next().resolve("docker.tar");
        }
        return path(
                storage("import " + archive + " --name app"), storage("create box --from app"), storage("mount box"));
    }

    private String storage(String command) {
        return "storage:" + command + " --root " + root;
    }

    /** What the last of the commands says. */
    private Path path(String... commands) throws Exception {
        var said = karaf.run(commands).strip();
        var path = Path.of(said.substring(said.lastIndexOf('\n') + 1));
        assertThat(path).isDirectory();
        return path;
    }

    /** The backend that the store has. */
    private String driver() throws Exception {
        var chosen = karaf.run(storage("drivers"))
                .lines()
                .filter(line -> line.startsWith("*"))
                .findFirst();
        return chosen.orElseThrow().substring(1).strip().split(" ", 2)[0];
    }

    /** Another version of a bundle: the same content. */
    private Path withVersion(String bundle, String version) throws IOException {
        Path jar;
        try (var jars = Files.walk(TARGET.resolve("bundles/storage/runtime").resolve(bundle))) {
            jar = jars.filter(file -> file.toString().endsWith(".jar"))
                    .findFirst()
                    .orElseThrow();
        }
        var other = folder.resolve(bundle + ".jar");
        try (var in = new JarInputStream(Files.newInputStream(jar))) {
            in.getManifest().getMainAttributes().put(new Attributes.Name("Bundle-Version"), version);
            try (var out = new JarOutputStream(Files.newOutputStream(other), in.getManifest())) {
                for (var entry = in.getNextJarEntry(); entry != null; entry = in.getNextJarEntry()) {
                    out.putNextEntry(new JarEntry(entry.getName()));
                    in.transferTo(out);
                }
            }
        }
        return other;
    }
}
