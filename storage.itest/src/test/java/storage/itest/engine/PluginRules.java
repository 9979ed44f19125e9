package storage.itest.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import storage.itest.engine.Scenario.Outcome;

/** What an engine does with its layers in our stores, on any backend, against what it does on a driver of its own. */
final class PluginRules {
    private static final String PLUGIN = "it" + ProcessHandle.current().pid();

    private final String driver;
    private final List<String> options;
    private final Path root;
    private final Path work;

    /**
     * @param root of the store
     * @param work a folder on a disk, for everything else
     */
    PluginRules(String driver, List<String> options, Path root, Path work) {
        this.driver = driver;
        this.options = options;
        this.root = root;
        this.work = work;
    }

    /**
     * What the engine's own driver gives.
     *
     * @param saved an image of the engine's own making
     * @param savedLayers the digests of its layers
     * @param millis that the day took
     */
    record Reference(Outcome outcome, Path saved, List<String> savedLayers, long millis) {
        /** Of its overlay2. */
        static Reference of(Path work) throws Exception {
            try (var engine = Engine.start("overlay2", work.resolve("root"))) {
                var scenario = new Scenario(engine, work.resolve("work"));
                var begin = System.nanoTime();
                var outcome = scenario.run();
                var millis = millisSince(begin);
                assertThat(outcome.diff()).contains("A /newfile", "D /etc/passwd", "C /data");
                var saved = work.resolve("saved.tar");
                var layers = scenario.save("img:1", saved);
                assertThat(layers).isEqualTo(scenario.diffIds("img:1"));
                return new Reference(outcome, saved, layers, millis);
            }
        }
    }

    private static long millisSince(long begin) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    }

    private Served serve() throws Exception {
        return Served.start(PLUGIN, root, driver, options, work);
    }

    private Engine start() throws Exception {
        return Engine.start(PLUGIN, work.resolve("engine"));
    }

    /** That it serves, and that loop files are slow, where they are used; an engine's errors would be there too. */
    private static void assertSaysLittle(Served served) throws IOException {
        assertThat(served.log().lines().filter(line -> !line.contains("lies on files, which is slow")))
                .as(served.log())
                .hasSize(1);
    }

    /** What the store holds, as another process sees it. */
    private void assertNothingLeft() throws Exception {
        assertThat(new StorageCommand(root, work).run("ls", "--json")).isEqualToIgnoringWhitespace("[]");
        assertThat(mountsBelowRoot()).isEmpty();
    }

    private List<String> mountsBelowRoot() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
            return lines.map(line -> line.split(" ", -1)[4])
                    .filter(point -> point.startsWith(root + "/"))
                    .toList();
        }
    }

    /** Answers how long the day took, in milliseconds. */
    long worksLikeTheEnginesOwn(Reference reference) throws Exception {
        try (var served = serve()) {
            long millis;
            try (var engine = start()) {
                var scenario = new Scenario(engine, work.resolve("scenario"));
                var begin = System.nanoTime();
                var outcome = scenario.run();
                millis = millisSince(begin);
                assertThat(outcome).isEqualTo(reference.outcome());
                assertThat(scenario.save("img:2", work.resolve("own.tar"))).isEqualTo(scenario.diffIds("img:2"));
                scenario.removeImages();

                engine.docker("load", "-i", reference.saved().toString());
                assertThat(scenario.save("img:1", work.resolve("saved.tar"))).isEqualTo(reference.savedLayers());
                scenario.removeImages();
            }
            assertSaysLittle(served);
            assertNothingLeft();
            return millis;
        }
    }

    void eitherSideMayBeKilledAndComesBack() throws Exception {
        try (var served = serve()) {
            try (var engine = start()) {
                new Scenario(engine, work.resolve("first")).base();
                engine.docker("run", "-d", "--network=none", "--name", "box", "base:1", "sleep", "6000");
                assertThat(mountsBelowRoot()).hasSize(1);

                served.kill();
                served.begin();
                engine.docker("exec", "box", "sh", "-c", "echo more > /more");
                assertThat(Scenario.lines(engine.docker("diff", "box"))).contains("A /more");
                engine.docker("stop", "-t", "0", "box");
                assertThat(mountsBelowRoot())
                        .as("what was mounted before is given back")
                        .isEmpty();
                engine.docker("start", "box");
                assertThat(engine.docker("exec", "box", "cat", "/more")).isEqualTo("more\n");
                engine.kill();
            }
            try (var engine = start()) {
                engine.docker("start", "box");
                assertThat(engine.docker("exec", "box", "cat", "/more")).isEqualTo("more\n");
                served.kill();
                served.begin();
                engine.docker("rm", "-f", "box");
                new Scenario(engine, work.resolve("second")).removeImages();
            }
            assertNothingLeft();
        }
    }

    void buildsGoSideBySide(int count) throws Exception {
        try (var served = serve()) {
            try (var engine = start()) {
                var scenario = new Scenario(engine, work.resolve("builds"));
                scenario.base();
                var builds = Executors.newFixedThreadPool(count);
                try {
                    List<Callable<Void>> all = new ArrayList<>();
                    for (var i = 0; i < count; i++) {
                        var name = "img:" + i;
                        all.add(() -> {
                            scenario.buildShort(name);
                            return null;
                        });
                    }
                    for (var done : builds.invokeAll(all)) {
                        done.get();
                    }
                } finally {
                    builds.shutdownNow();
                }
                for (var i = 0; i < count; i++) {
                    assertThat(scenario.diffIds("img:" + i)).hasSize(4);
                }
                var last = "img:" + (count - 1);
                assertThat(engine.docker("run", "--rm", "--network=none", last, "ls", "/moved", "/data"))
                        .contains("two", "file")
                        .doesNotContain("one");
                scenario.removeImages();
            }
            assertSaysLittle(served);
            assertNothingLeft();
        }
    }
}
