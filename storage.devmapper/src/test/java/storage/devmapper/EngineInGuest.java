package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.devmapper.GuestStore.run;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.linux.Linux;
import storage.testkit.Guest;
import storage.testkit.tree.TarMaker;

/** A home that a real engine writes, ours, and the engine's again. */
class EngineInGuest {
    private static final Path ROOT = GuestStore.ROOT;
    private static final Path RUN = Path.of("/run/engine");
    private static final List<String> OPTIONS =
            List.of("dm.loopdatasize=1G", "dm.loopmetadatasize=32M", "dm.basesize=128M", "dm.fs=ext4");

    private static Process start() throws Exception {
        Files.createDirectories(RUN);
        var command = new ArrayList<>(List.of(
                "dockerd",
                "--bridge=none",
                "--iptables=false",
                "--ip-masq=false",
                "-s",
                "devicemapper",
                "--data-root",
                ROOT.toString(),
                "--exec-root",
                RUN.resolve("exec").toString(),
                "-H",
                "unix://" + RUN.resolve("sock"),
                "-p",
                RUN.resolve("pid").toString()));
        OPTIONS.forEach(option -> command.addAll(List.of("--storage-opt", option)));
        var log = RUN.resolve("log").toFile();
        var engine = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        for (var tries = 0; ; tries++) {
            // once it listens it answers when it is ready; each asking takes seconds under emulation
            if (Files.exists(RUN.resolve("sock")) && answers()) {
                return engine;
            }
            if (tries == 600 || !engine.isAlive()) {
                throw new IOException("The engine did not start:\n" + Files.readString(log.toPath()));
            }
            // the engine has no other way to say that it is ready
            assertThat(engine.waitFor(500, TimeUnit.MILLISECONDS)).isFalse();
        }
    }

    private static boolean answers() throws Exception {
        var asked = new ProcessBuilder("docker", "-H", "unix://" + RUN.resolve("sock"), "version")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return asked.waitFor() == 0;
    }

    private static void stop(Process engine) throws Exception {
        engine.destroy();
        assertThat(engine.waitFor(2, TimeUnit.MINUTES)).isTrue();
    }

    private static String docker(String... words) throws Exception {
        var command = new ArrayList<>(List.of("docker", "-H", "unix://" + RUN.resolve("sock")));
        command.addAll(List.of(words));
        return run(command.toArray(String[]::new)).strip();
    }

    @BeforeAll
    static void onlyTheRulesThatMatter() throws Exception {
        GuestUdev.withoutOtherRules();
    }

    private static void layOutDisk() throws Exception {
        run("mkfs.ext4", "-qF", Guest.disk());
        Files.createDirectories(ROOT.getParent());
        run("mount", Guest.disk(), ROOT.getParent().toString());
        Files.createDirectories(ROOT);
    }

    private static DriverHome home() {
        return new DriverHome(ROOT, options(), IdMaps.IDENTITY, StoreInfo.Access.WRITE);
    }

    private static Map<String, String> options() {
        var options = new java.util.HashMap<String, String>();
        OPTIONS.forEach(option -> options.put(option.split("=", 2)[0], option.split("=", 2)[1]));
        return options;
    }

    @Test
    void enginesHomeIsOpenedAndTheEngineAcceptsItAfterwards() throws Exception {
        layOutDisk();
        var archive = Path.of("/tmp/image.tar");
        Files.write(archive, new TarMaker().file("f", "of the image").bytes());

        var engine = start();
        docker("import", archive.toString(), "image");
        var container = docker("create", "image", "/none");
        docker("cp", archive.toString(), container + ":/copied");
        stop(engine);
        assertThat(GuestStore.devices()).isEmpty();

        LayerId image;
        var ours = new LayerId("ours");
        try (var store = new GuestDriver(Linux.syscalls()).open(home())) {
            var layers = store.layers();
            assertThat(layers).as("image, init layer, container").hasSize(3);
            image = layers.stream()
                    .filter(layer -> layer.kind() == Layer.Kind.IMAGE)
                    .findFirst()
                    .orElseThrow()
                    .id();
            for (var layer : layers) {
                try (var mount = store.mount(layer.id())) {
                    assertThat(mount.path().resolve("f")).hasContent("of the image");
                }
            }
            store.createReadWrite(ours, Optional.of(image), LayerOptions.NONE);
            try (var mount = store.mount(ours)) {
                Files.writeString(mount.path().resolve("own"), "o");
            }
            var more = new LayerId("more");
            store.create(more, Optional.of(image), LayerOptions.NONE);
            store.applyDiff(
                    more, new ByteArrayInputStream(new TarMaker().file("g", "g").bytes()));
            store.remove(more);
            store.cleanup();
        }
        assertThat(GuestStore.devices()).isEmpty();

        engine = start();
        assertThat(docker("images", "-q")).isNotBlank();
        docker("cp", container + ":/f", "/tmp/out");
        assertThat(Path.of("/tmp/out")).hasContent("of the image");
        docker("cp", container + ":/copied", "/tmp/copied");
        assertThat(Path.of("/tmp/copied")).hasSize(Files.size(archive));
        docker("create", "image", "/other");
        docker("rm", container);
        stop(engine);

        // and once more, with the pool as the engine left it
        try (var store = new GuestDriver(Linux.syscalls()).open(home())) {
            try (var mount = store.mount(ours)) {
                assertThat(mount.path().resolve("own")).hasContent("o");
            }
            store.remove(ours);
            store.cleanup();
        }
        run("umount", ROOT.getParent().toString());
    }

    @Test
    void engineGoesOnWithWhatOurKilledProcessLeft() throws Exception {
        layOutDisk();
        var archive = Path.of("/tmp/image.tar");
        Files.write(archive, new TarMaker().file("f", "of the image").bytes());
        var engine = start();
        docker("import", archive.toString(), "image");
        var container = docker("create", "image", "/none");
        stop(engine);
        var ours = new GuestStore();
        options().forEach(ours::with);
        var image = ours.store().layers().stream()
                .filter(layer -> layer.kind() == Layer.Kind.IMAGE)
                .findFirst()
                .orElseThrow()
                .id();
        ours.store().cleanup();
        ours.close();

        for (var work : List.of("create " + image.value(), "remove")) {
            var step = 1;
            for (; diesAt(step, work, image, ours); step++) {
                // without our repair
                engine = start();
                docker("cp", container + ":/f", "/tmp/out");
                assertThat(Path.of("/tmp/out")).hasContent("of the image");
                docker("rm", docker("create", "image", "/other"));
                stop(engine);
            }
            assertThat(step).as("steps of " + work).isGreaterThan(3);
        }
        for (var layer : ours.store().layers()) {
            if (layer.state() == Layer.State.COMPLETE) {
                assertThat(ours.names(layer.id().value())).as(layer.toString()).contains("f");
            }
        }
        ours.store().cleanup();
        ours.close();
        ours.assertNothingLeft();
        run("umount", ROOT.getParent().toString());
    }

    /** With the store as it has to be for the work: then it is ours that repairs, before the process that is killed. */
    private static boolean diesAt(int step, String work, LayerId image, GuestStore ours) throws Exception {
        var store = ours.open();
        for (var name : List.of("box", "old")) {
            if (store.exists(GuestStore.id(name))) {
                store.remove(GuestStore.id(name));
            }
        }
        if (work.equals("remove")) {
            store.createReadWrite(GuestStore.id("old"), Optional.of(image), LayerOptions.NONE);
        }
        ours.close();
        return Victim.dies(step, work, ours);
    }
}
