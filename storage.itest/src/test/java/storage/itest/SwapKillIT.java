package storage.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.btrfs.BtrfsDriver;
import storage.itest.SwapVictim.Moment;
import storage.linux.Linux;
import storage.loopback.LoopbackDriver;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.selector.state.BootId;
import storage.testkit.NothingLeft;
import storage.testkit.Require;
import storage.vfs.VfsDriver;

/** A process is killed in the middle of an exchange, at each of its moments; what it has answered holds. */
class SwapKillIT {
    private static final int KILLED = 137;

    @TempDir(cleanup = CleanupMode.NEVER)
    Path folder;

    @ParameterizedTest
    @EnumSource
    void overlay2(Moment moment) throws Exception {
        Require.root();
        killed(new Overlay2Driver(Linux.syscalls()), "storage.overlay", moment);
    }

    /** The same without mounts. */
    @ParameterizedTest
    @EnumSource
    void vfs(Moment moment) throws Exception {
        assumeLong();
        killed(new VfsDriver(Linux.syscalls()), "storage.vfs", moment);
    }

    @ParameterizedTest
    @EnumSource
    void overlay(Moment moment) throws Exception {
        assumeLong();
        Require.root();
        killed(new OverlayDriver(Linux.syscalls()), "storage.overlay", moment);
    }

    @ParameterizedTest
    @EnumSource
    void loopback(Moment moment) throws Exception {
        assumeLong();
        Require.root();
        var driver = new LoopbackDriver(Linux.syscalls());
        var check = driver.check(DriverHome.at(folder.resolve("root")));
        Require.feature("loop", check.isSupported(), check.reason());
        killed(driver, "storage.loopback", moment, folder.resolve("root"), Map.of("loopback.size", "16m"));
        NothingLeft.assertBelow(folder);
    }

    @ParameterizedTest
    @EnumSource
    void btrfs(Moment moment) throws Exception {
        assumeLong();
        Require.root();
        try (var image = BtrfsImage.mount(folder.resolve("btrfs"))) {
            Require.feature("btrfs", image.isMounted(), image.problem());
            killed(new BtrfsDriver(Linux.syscalls()), "storage.btrfs", moment, folder.resolve("btrfs/root"), Map.of());
        }
        NothingLeft.assertBelow(folder);
    }

    private static void assumeLong() {
        assumeTrue("full".equals(System.getProperty("storage.test.matrix")), "only in the full check");
    }

    private void killed(GraphDriver driver, String bundle, Moment moment) throws Exception {
        killed(driver, bundle, moment, folder.resolve("root"), Map.of());
    }

    private void killed(GraphDriver driver, String bundle, Moment moment, Path root, Map<String, String> options)
            throws Exception {
        var diary = folder.resolve("diary");
        Files.createFile(diary);
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                SwapVictim.class.getName(),
                System.getProperty("bundles"),
                folder.resolve("cache").toString(),
                root.toString(),
                diary.toString(),
                driver.name(),
                bundle,
                moment.name()));
        options.forEach((key, value) -> command.add(key + "=" + value));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var out = process.inputReader()) {
            var said = String.join("\n", out.lines().toList());
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).as(said).isEqualTo(KILLED);
        } finally {
            process.destroyForcibly().waitFor();
        }
        var home = new DriverHome(root, options, IdMaps.IDENTITY, StoreInfo.Access.WRITE);
        verify(driver, home, Files.readAllLines(diary));
    }

    /** Every layer that was answered for is there and whole, none that was removed is, the mount stands, nothing is wrong. */
    private static void verify(GraphDriver driver, DriverHome home, List<String> diary) throws IOException {
        var there = new TreeSet<String>();
        Set<String> open = new TreeSet<>();
        for (var line : diary) {
            var id = line.substring(2);
            switch (line.charAt(0)) {
                case '?' -> open.add(id);
                case '+' -> {
                    there.add(id);
                    open.remove(id);
                }
                case '-' -> {
                    there.remove(id);
                    open.remove(id);
                }
                default -> {}
            }
        }
        there.removeAll(open);
        var mount = Path.of(diary.stream()
                .filter(line -> line.startsWith("mounted "))
                .findFirst()
                .orElseThrow()
                .substring("mounted ".length()));
        try (LayerStore store = driver.open(home)) {
            var found = new TreeSet<String>();
            for (var layer : store.layers()) {
                assertThat(layer.state()).as(layer.toString()).isEqualTo(Layer.State.COMPLETE);
                found.add(layer.id().value());
            }
            assertThat(found).containsAll(there);
            found.removeAll(there);
            assertThat(open).as("what was being made or removed at that moment").containsAll(found);
            assertThat(Files.readString(mount.resolve("file"))).isEqualTo("content");
            assertThat(Files.readString(home.root()
                            .resolve("storage")
                            .resolve(driver.homeName())
                            .resolve("holders-" + BootId.current() + ".json")))
                    .contains("keeper");
            assertThat(store.get(new LayerId("held"), "")).as("adopted").isEqualTo(mount);
            assertThat(store.ability(LayerCheck.class).orElseThrow().findings()).isEmpty();
            store.cleanup();
            for (var layer : store.layers().stream()
                    .map(Layer::id)
                    .sorted(Comparator.comparing(id -> id.value().equals("ground")))
                    .toList()) {
                store.remove(layer);
            }
            assertThat(store.layers()).isEmpty();
        }
    }

    @AfterEach
    void clean() throws Exception {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
            for (var point : lines.map(line -> line.split(" ", 6)[4])
                    .filter(each -> each.startsWith(folder + "/"))
                    .sorted(Comparator.reverseOrder())
                    .toList()) {
                new ProcessBuilder("umount", "-l", point).inheritIO().start().waitFor();
            }
        }
        var files = new ArrayList<Path>();
        try (var walk = Files.walk(folder)) {
            walk.forEach(files::add);
        }
        files.sort(Comparator.reverseOrder());
        for (var file : files) {
            Files.delete(file);
        }
    }
}
