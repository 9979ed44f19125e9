package storage.docker.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.LayerHolds;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.docker.PluginSettings;
import storage.docker.protocol.GraphCalls;
import storage.linux.Linux;
import storage.testkit.tree.TarMaker;

/** Every endpoint over the real socket, and what an engine never sends. */
class PluginProtocolTest {
    @TempDir
    Path work;

    private Path socket;
    private DirectStore store;
    private PluginServer server;

    @BeforeEach
    void start() throws Exception {
        socket = work.resolve("s.sock");
        store = new DirectStore();
        var settings =
                new PluginSettings("test", socket, Optional.empty(), Optional.empty(), Map.of(), work.resolve("state"));
        var calls = new GraphCalls(settings, store);
        calls.resume();
        server = PluginServer.start(Linux.syscalls(), "test", socket, calls);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        store.close();
    }

    private void init() throws IOException {
        assertThat(call("GraphDriver.Init", "{\"Home\":\"" + work.resolve("home") + "\",\"Opts\":null}"))
                .isEqualTo("{}");
    }

    private RawClient.Answer answer(String name, String json) throws IOException {
        return RawClient.call(socket, name, json);
    }

    private String call(String name, String json) throws IOException {
        var answer = answer(name, json);
        assertThat(answer.status()).as(name).isEqualTo(200);
        assertThat(answer.type()).isEqualTo("application/vnd.docker.plugins.v1.2+json");
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    private String error(String name, String json) throws IOException {
        var answer = answer(name, json);
        assertThat(answer.status()).as(name).isEqualTo(200);
        return answer.error();
    }

    private static String id(String id) {
        return "{\"ID\":\"" + id + "\"}";
    }

    private static String id(String id, String parent) {
        return "{\"ID\":\"" + id + "\",\"Parent\":\"" + parent + "\"}";
    }

    private long apply(String id, String parent, byte[] archive) throws IOException {
        var answer = RawClient.apply(socket, id, parent, archive);
        assertThat(answer.error()).isEmpty();
        return answer.json().get("Size").asLong();
    }

    private static List<String> names(byte[] archive) throws IOException {
        List<String> names = new ArrayList<>();
        try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                names.add(entry.getName());
            }
        }
        return names;
    }

    @Test
    void lifeOfAnImageAndAContainer() throws Exception {
        assertThat(call("Plugin.Activate", "")).isEqualTo("{\"Implements\":[\"GraphDriver\"]}");
        init();
        assertThat(call("GraphDriver.Capabilities", "{}"))
                .isEqualTo("{\"Capabilities\":{\"ReproducesExactDiffs\":false}}");
        assertThat(answer("GraphDriver.Status", "{}").json().get("Status").get(0))
                .hasToString("[\"Backend\",\"vfs\"]");

        assertThat(call("GraphDriver.Create", id("ground"))).isEqualTo("{}");
        var size = apply(
                "ground",
                "",
                new TarMaker()
                        .file("f", "hello")
                        .file("g", "you")
                        .symlink("s", "f")
                        .link("h", "f")
                        .bytes());
        assertThat(size).as("files, and the link's one byte").isEqualTo(5 + 3 + 1);
        assertThat(call("GraphDriver.CreateReadWrite", id("box-init", "ground")))
                .isEqualTo("{}");
        assertThat(call("GraphDriver.CreateReadWrite", id("box", "box-init"))).isEqualTo("{}");
        assertThat(call("GraphDriver.Exists", id("box"))).isEqualTo("{\"Exists\":true}");
        assertThat(call("GraphDriver.Exists", id("no"))).isEqualTo("{\"Exists\":false}");

        var dir = Path.of(answer("GraphDriver.Get", id("box")).json().get("Dir").textValue());
        assertThat(dir.resolve("f")).hasContent("hello");
        Files.writeString(dir.resolve("new"), "four");
        Files.delete(dir.resolve("g"));
        assertThat(answer("GraphDriver.Changes", id("box", "box-init")).json().get("Changes"))
                .hasToString("[{\"Path\":\"/g\",\"Kind\":2},{\"Path\":\"/new\",\"Kind\":1}]");
        assertThat(call("GraphDriver.DiffSize", id("box", "box-init"))).isEqualTo("{\"Size\":4}");
        var diff = answer("GraphDriver.Diff", id("box", "box-init"));
        assertThat(diff.status()).isEqualTo(200);
        assertThat(names(diff.body())).contains("new", ".wh.g").doesNotContain("f");
        assertThat(names(answer("GraphDriver.Diff", id("box")).body()))
                .as("against nothing")
                .contains("new", "f", "h", "s");
        assertThat(answer("GraphDriver.GetMetadata", id("box"))
                        .json()
                        .get("Metadata")
                        .isObject())
                .isTrue();

        assertThat(error("GraphDriver.Remove", id("ground"))).contains("ground", "box-init");
        assertThat(error("GraphDriver.Remove", id("box")))
                .as("while it is held")
                .contains("in use", "engine:test");
        assertThat(call("GraphDriver.Put", id("box"))).isEqualTo("{}");
        for (var layer : List.of("box", "box-init", "ground")) {
            assertThat(call("GraphDriver.Remove", id(layer))).isEqualTo("{}");
        }
        assertThat(call("GraphDriver.Remove", id("ground"))).as("gone already").isEqualTo("{}");
        assertThat(call("GraphDriver.Cleanup", "{}")).isEqualTo("{}");
        assertThat(store.store().layers()).isEmpty();
    }

    @Test
    void callsBeforeInitSaySo() throws Exception {
        assertThat(error("GraphDriver.Status", "{}")).contains("No engine has initialised");
        assertThat(answer("GraphDriver.Diff", id("a")).status()).isEqualTo(500);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"Home\":\"\"}",
                "{\"Home\":\"relative\"}",
                "{\"Home\":\"/\"}",
                "{}",
                "{\"Home\":\"/x\",\"Opts\":[\"nonsense\"]}",
                "{\"Home\":\"/x\",\"Opts\":[null]}",
                "{\"Home\":\"/x\",\"UIDMaps\":[{\"container_id\":-1,\"host_id\":0,\"size\":1}]}"
            })
    void initThatMakesNoSenseIsRefusedAndNotKept(String json) throws Exception {
        assertThat(error("GraphDriver.Init", json)).isNotEmpty();
        assertThat(work.resolve("state")).doesNotExist();
    }

    @Test
    void optionsAndMapsReachTheStore() throws Exception {
        var home = work.resolve("home");
        assertThat(error("GraphDriver.Init", "{\"Home\":\"" + home + "\",\"Opts\":[\"flurb=1\"]}"))
                .contains("flurb");
        call(
                "GraphDriver.Init",
                "{\"Home\":\"" + home + "\",\"Opts\":[\"archive.max_bytes=4096\"],"
                        + "\"UIDMaps\":[{\"container_id\":0,\"host_id\":100000,\"size\":65536}],"
                        + "\"GIDMaps\":[{\"container_id\":0,\"host_id\":100000,\"size\":65536}]}");
        assertThat(store.store().info().idMaps().uidOutside(1)).isEqualTo(100001);
        call("GraphDriver.Create", id("a"));
        assertThat(RawClient.apply(
                                socket,
                                "a",
                                "",
                                new TarMaker().file("f", "x".repeat(9000)).bytes())
                        .error())
                .contains("4096");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/b", "", "-x", "l", "a\\u0000b"})
    void wrongIdsAreRefused(String wrong) throws Exception {
        init();
        for (var name :
                List.of("Create", "CreateReadWrite", "Get", "Put", "Remove", "Exists", "GetMetadata", "Changes")) {
            assertThat(error("GraphDriver." + name, id(wrong))).as(name).isNotEmpty();
        }
        assertThat(answer("GraphDriver.Diff", id(wrong)).status()).isEqualTo(500);
        assertThat(error("GraphDriver.Create", id("fine", "no/parent"))).contains("no/parent");
        assertThat(store.store().layers()).isEmpty();
    }

    @Test
    void requestsThatAreNoneHaveAStatusAndASentence() throws Exception {
        init();
        for (var body : List.of("", "{", "[]", "\"x\"", "null", "{\"ID\":{}}", "{} {}")) {
            var answer = answer("GraphDriver.Get", body);
            assertThat(answer.status()).as(body).isEqualTo(400);
            assertThat(answer.error()).as(body).isNotEmpty();
        }
        assertThat(answer("GraphDriver.Nonsense", "{}").status()).isEqualTo(404);
        try (var client = new RawClient(socket)) {
            assertThat(client.call("GET", "/GraphDriver.Status", new byte[0]).status())
                    .isEqualTo(405);
        }
        var huge = "{\"ID\":\"" + "x".repeat(3 << 20) + "\"}";
        var answer = answer("GraphDriver.Create", huge);
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.error()).isNotEmpty();
        try (var client = new RawClient(socket)) {
            client.send("no http at all\r\n\r\n");
            assertThat(client.answer().status()).isBetween(400, 505);
        }
        assertThat(call("GraphDriver.Exists", id("a"))).isEqualTo("{\"Exists\":false}");
    }

    @Test
    void oneConnectionServesManyCalls() throws Exception {
        init();
        try (var client = new RawClient(socket)) {
            for (var i = 0; i < 20; i++) {
                assertThat(client.call("GraphDriver.Create", id("l" + i)).status())
                        .isEqualTo(200);
            }
        }
        assertThat(store.store().layers()).hasSize(20);
    }

    /** The engine would send on, fail, and call again with the rest of the archive. */
    @Test
    void aBrokenArchiveIsReadToItsEndBeforeTheAnswer() throws Exception {
        init();
        call("GraphDriver.Create", id("a"));
        var answer = RawClient.apply(socket, "a", "", junk(20 << 20));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.error()).isNotEmpty();
        assertThat(RawClient.apply(socket, "a", "", new byte[0]).error())
                .as("an empty stream")
                .isNotEmpty();
        assertThat(apply("a", "", new TarMaker().file("f", "x").bytes())).isEqualTo(1);
    }

    private static byte[] junk(int length) {
        var junk = new byte[length];
        new java.util.Random(5).nextBytes(junk);
        return junk;
    }

    @Test
    void anArchiveAgainstAnotherParentIsRefused() throws Exception {
        init();
        call("GraphDriver.Create", id("ground"));
        call("GraphDriver.Create", id("other"));
        call("GraphDriver.Create", id("top", "ground"));
        var archive = new TarMaker().file("f", "x").bytes();
        assertThat(RawClient.apply(socket, "top", "other", archive).error()).contains("top", "other", "ground");
        assertThat(apply("top", "ground", archive)).isEqualTo(1);
    }

    @Test
    void aConnectionThatIsDroppedInAnArchiveLeavesTheLayerEmpty() throws Exception {
        init();
        call("GraphDriver.Create", id("a"));
        var archive =
                new TarMaker().file("f", "x".repeat(1 << 20)).file("g", "y").bytes();
        try (var client = new RawClient(socket)) {
            client.head("POST", "/GraphDriver.ApplyDiff?id=a&parent=", "Transfer-Encoding: chunked");
            client.chunk(archive, 0, archive.length / 2);
        }
        // waits for the layer's lock, if need be
        assertThat(apply("a", "", archive)).isEqualTo((1 << 20) + 1);
        assertThat(call("GraphDriver.Remove", id("a"))).isEqualTo("{}");
    }

    @Test
    void aConnectionThatIsDroppedInADifferenceLeavesNoLock() throws Exception {
        init();
        call("GraphDriver.Create", id("a"));
        apply("a", "", new TarMaker().file("f", "x".repeat(8 << 20)).bytes());
        try (var client = new RawClient(socket)) {
            client.head("POST", "/GraphDriver.Diff", "Content-Length: " + id("a").length());
            client.send(id("a"));
            assertThat(client.read()).isEqualTo('H');
        }
        assertThat(call("GraphDriver.Remove", id("a"))).isEqualTo("{}");
    }

    @Test
    void namesThatAreNoTextAreShownAsTheEngineShowsThem() throws Exception {
        init();
        call("GraphDriver.CreateReadWrite", id("a"));
        var dir = Path.of(answer("GraphDriver.Get", id("a")).json().get("Dir").textValue());
        var linux = Linux.syscalls();
        var name = (dir + "/x").getBytes(StandardCharsets.UTF_8);
        name[name.length - 1] = (byte) 0xff;
        assertThat(linux.mkdirat(storage.linux.Syscalls.AT_FDCWD, name, 0755)).isZero();
        assertThat(answer("GraphDriver.Changes", id("a"))
                        .json()
                        .at("/Changes/0/Path")
                        .textValue())
                .isEqualTo("/\ufffd");
        call("GraphDriver.Put", id("a"));
    }

    @Test
    void callsOverlap() throws Exception {
        init();
        call("GraphDriver.Create", id("ground"));
        apply("ground", "", new TarMaker().file("f", "base").bytes());
        var threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (var i = 0; i < 8; i++) {
                var name = "t" + i;
                work.add(() -> {
                    build(name);
                    return null;
                });
            }
            for (var done : threads.invokeAll(work)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(store.store().layers()).hasSize(1);
    }

    /** What a step of a build does: a container, its difference as the next image layer, and all away. */
    private void build(String name) throws IOException {
        for (var round = 0; round < 5; round++) {
            var box = name + "-box" + round;
            var image = name + "-image" + round;
            call("GraphDriver.CreateReadWrite", id(box, "ground"));
            var dir =
                    Path.of(answer("GraphDriver.Get", id(box)).json().get("Dir").textValue());
            Files.writeString(dir.resolve("own"), name + round);
            call("GraphDriver.Create", id(image, "ground"));
            var diff = answer("GraphDriver.Diff", id(box, "ground")).body();
            assertThat(apply(image, "ground", diff)).isEqualTo(name.length() + 1);
            call("GraphDriver.Put", id(box));
            call("GraphDriver.Remove", id(box));
            call("GraphDriver.Remove", id(image));
        }
    }

    private List<Hold> holds() throws IOException {
        return store.store().ability(LayerHolds.class).orElseThrow().holds();
    }

    @Test
    void aRestartedPluginGoesOnWithWhatWasSaidAndHeld() throws Exception {
        init();
        call("GraphDriver.CreateReadWrite", id("box"));
        call("GraphDriver.Get", id("box"));
        call("GraphDriver.Get", id("box"));
        stop();
        start();
        assertThat(call("GraphDriver.Exists", id("box"))).isEqualTo("{\"Exists\":true}");
        assertThat(holds()).containsExactly(new Hold(new LayerId("box"), "engine:test", 2));
        call("GraphDriver.Put", id("box"));
        assertThat(holds()).hasSize(1);
        call("GraphDriver.Put", id("box"));
        assertThat(holds()).isEmpty();
        assertThat(Files.readString(work.resolve("state/test.json")))
                .contains(work.resolve("home").toString());
    }

    @Test
    void aRestartedEngineHoldsEachLayerOnce() throws Exception {
        init();
        call("GraphDriver.CreateReadWrite", id("box"));
        call("GraphDriver.CreateReadWrite", id("lost"));
        for (var i = 0; i < 3; i++) {
            call("GraphDriver.Get", id("box"));
            call("GraphDriver.Get", id("lost"));
        }
        init();
        assertThat(holds()).extracting(Hold::count).containsExactly(1, 1);
        call("GraphDriver.Get", id("box"));
        call("GraphDriver.Put", id("box"));
        call("GraphDriver.Put", id("box"));
        assertThat(holds()).extracting(Hold::layer).containsExactly(new LayerId("lost"));
        assertThat(call("GraphDriver.Remove", id("lost")))
                .as("held by an engine that is no more")
                .isEqualTo("{}");
        assertThat(holds()).isEmpty();
    }

    @Test
    void whatOthersHoldIsNeitherGivenBackNorCleanedUp() throws Exception {
        init();
        store.store().createReadWrite(new LayerId("box"), Optional.empty(), LayerOptions.NONE);
        var holds = store.store().ability(LayerHolds.class).orElseThrow();
        holds.hold(new LayerId("box"), "cli", "");
        call("GraphDriver.Get", id("box"));
        call("GraphDriver.Put", id("box"));
        assertThat(call("GraphDriver.Put", id("box"))).as("one too many").isEqualTo("{}");
        call("GraphDriver.Get", id("box"));
        call("GraphDriver.Cleanup", "{}");
        assertThat(holds()).containsExactly(new Hold(new LayerId("box"), "cli", 1));
        assertThat(error("GraphDriver.Remove", id("box"))).contains("cli");
    }
}
