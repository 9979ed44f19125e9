package storage.aufs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.driver.DriverHome;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.linux.Fd;
import storage.linux.Linux;
import storage.linux.Syscalls;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TreeMaker;

/**
 * A data root that a real engine wrote with aufs, on a kernel that has none. It is no part of the sources: the system property
 * {@value #SAMPLES} names a folder with the root as {@code docker-20.10-aufs-data-root.tar.zst}, and what its image has to show
 * as {@code sample-expected.tsv} (path, type, mode, owner, group, size, time, SHA-256, link, device).
 */
class EngineSampleTest {
    private static final String SAMPLES = "storage.test.samples";
    private static final Syscalls LINUX = Linux.syscalls();

    /** Where the build of the image itself sets times, and the engine's archive has others than the sample's. */
    /** How long before the newest file a file can be that the build made, in seconds. */
    private static final long BUILD = 600;

    private static final int TIME = 6;

    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    private Path samples;
    private DriverHome home;

    @BeforeEach
    void layOut() throws Exception {
        Require.root();
        Require.program("zstd");
        Require.feature("samples", System.getProperty(SAMPLES) != null, "-D" + SAMPLES + " names no folder");
        samples = Path.of(System.getProperty(SAMPLES));
        var tar = new ProcessBuilder(
                        "tar",
                        "--xattrs",
                        "--xattrs-include=*",
                        "--numeric-owner",
                        "--zstd",
                        "-xf",
                        samples.resolve("docker-20.10-aufs-data-root.tar.zst").toString(),
                        "-C",
                        FILES.path().toString())
                .inheritIO()
                .start();
        assertThat(tar.waitFor()).isZero();
        home = DriverHome.at(FILES.path().resolve("docker")).readOnly();
    }

    @AfterEach
    void clearAway() throws Exception {
        try (var left = Files.list(FILES.path())) {
            for (var path : left.toList()) {
                new TreeMaker(LINUX, FILES.path()).remove(path.getFileName().toString());
            }
        }
    }

    private LayerStore open() throws Exception {
        return new AufsDriver(LINUX, evidence -> false).open(home);
    }

    /** A layer and what it stands on, the lowest first. */
    private static List<LayerId> chain(LayerStore store, LayerId top) throws Exception {
        var chain = new ArrayList<LayerId>();
        for (var at = Optional.of(top);
                at.isPresent();
                at = store.layer(at.get()).orElseThrow().parent()) {
            chain.add(0, at.get());
        }
        return chain;
    }

    private static void flatten(LayerStore store, LayerId top, Path folder) throws Exception {
        for (var layer : chain(store, top)) {
            var out = new ByteArrayOutputStream();
            store.diff(layer, store.layer(layer).orElseThrow().parent(), out);
            try (var target = Fd.directory(LINUX, folder.toString())) {
                var in = new ByteArrayInputStream(out.toByteArray());
                LayerUnpacker.unpack(LINUX, UnpackTarget.plain(target.number()), in, UnpackOptions.DEFAULT);
            }
        }
    }

    private static LayerId imageTop(LayerStore store) throws Exception {
        var layers = store.layers();
        var parents = layers.stream()
                .filter(layer -> layer.kind() == Layer.Kind.IMAGE)
                .flatMap(layer -> layer.parent().stream())
                .toList();
        return layers.stream()
                .filter(layer -> layer.kind() == Layer.Kind.IMAGE && !parents.contains(layer.id()))
                .findFirst()
                .orElseThrow()
                .id();
    }

    @Test
    void layersParentsAndChangesAreTold() throws Exception {
        try (var store = open()) {
            assertThat(store.layers()).hasSize(9).allMatch(layer -> layer.state() == Layer.State.COMPLETE);
            assertThat(chain(store, imageTop(store))).hasSize(5);
            var changed = new ArrayList<List<String>>();
            for (var layer : store.layers()) {
                if (layer.kind() == Layer.Kind.READ_WRITE && !layer.id().value().endsWith("-init")) {
                    assertThat(layer.parent()).contains(new LayerId(layer.id() + "-init"));
                    changed.add(store.changes(layer.id(), layer.parent()).stream()
                            .map(Object::toString)
                            .toList());
                }
            }
            assertThat(changed).containsExactlyInAnyOrder(List.of(), List.of("C /etc", "D /etc/passwd", "A /newfile"));
        }
    }

    @Test
    void diffsAppliedParentFirstAreTheImage() throws Exception {
        var flat = Files.createDirectory(FILES.path().resolve("flat"));
        try (var store = open()) {
            flatten(store, imageTop(store), flat);
        }
        var expected = new TreeMap<String, String>();
        var times = new TreeMap<String, Long>();
        for (var line : Files.readAllLines(samples.resolve("sample-expected.tsv"))) {
            if (!line.startsWith("#")) {
                var fields = line.split("\t", -1);
                if (!fields[TIME].equals("-")) {
                    times.put(fields[0], Long.parseLong(fields[TIME]));
                }
                fields[TIME] = "-";
                expected.put(fields[0], String.join(" ", fields));
            }
        }
        assertThat(list(flat)).isEqualTo(expected);
        var newest = times.values().stream().max(Long::compare).orElseThrow();
        for (var time : times.entrySet()) {
            var path = flat.resolve(time.getKey());
            var seen = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS)
                    .to(java.util.concurrent.TimeUnit.SECONDS);
            // what the build itself makes is made anew in each store; all else keeps its time
            var built = newest - time.getValue() < BUILD;
            assertThat(built || seen == time.getValue())
                    .as(time + " is " + seen)
                    .isTrue();
        }
        assertThat(times.values()).anyMatch(time -> newest - time >= BUILD);
    }

    private static Map<String, String> list(Path folder) throws Exception {
        var lines = new TreeMap<String, String>();
        try (var files = Files.walk(folder)) {
            for (var file : files.filter(each -> !each.equals(folder)).toList()) {
                var stat = Files.readAttributes(file, "unix:*", LinkOption.NOFOLLOW_LINKS);
                var mode = (int) stat.get("mode");
                var type = switch (mode & 0170000) {
                    case 0040000 -> "dir";
                    case 0120000 -> "symlink";
                    case 0100000 -> "file";
                    case 0010000 -> "fifo";
                    case 0020000 -> "char";
                    default -> "?";
                };
                var regular = type.equals("file");
                var device = (long) stat.get("rdev");
                lines.put(
                        folder.relativize(file).toString(),
                        String.join(
                                " ",
                                folder.relativize(file).toString(),
                                type,
                                String.format("%04o", mode & 07777),
                                stat.get("uid").toString(),
                                stat.get("gid").toString(),
                                regular ? stat.get("size").toString() : "0",
                                "-",
                                regular ? digest(file) : "-",
                                type.equals("symlink")
                                        ? Files.readSymbolicLink(file).toString()
                                        : "-",
                                type.equals("char") ? (device >> 8) + ":" + (device & 0xff) : "-"));
            }
        }
        return lines;
    }

    private static String digest(Path file) throws Exception {
        var sha = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
        return String.format("%064x", new BigInteger(1, sha));
    }

    @Test
    void containersTreeIsTheImageWithItsChanges() throws Exception {
        var image = Files.createDirectory(FILES.path().resolve("image"));
        var changed = Files.createDirectory(FILES.path().resolve("changed"));
        try (var store = open()) {
            flatten(store, imageTop(store), image);
            for (var layer : store.layers()) {
                if (!store.changes(layer.id(), layer.parent()).isEmpty()
                        && layer.kind() == Layer.Kind.READ_WRITE
                        && !layer.id().value().endsWith("-init")) {
                    flatten(store, layer.id(), changed);
                }
            }
        }
        var before = list(image);
        var after = list(changed);
        assertThat(before).containsKey("etc/passwd").doesNotContainKey("newfile");
        assertThat(after).doesNotContainKey("etc/passwd");
        assertThat(Files.readString(changed.resolve("newfile"), StandardCharsets.UTF_8))
                .isNotEmpty();
    }
}
