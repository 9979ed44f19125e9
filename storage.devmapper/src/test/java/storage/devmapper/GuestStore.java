package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import storage.api.IdMaps;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.linux.Linux;
import storage.testkit.tree.TarMaker;

/** A store in the guest, small and on a filesystem in memory, and short words for what tests do with it. */
final class GuestStore implements AutoCloseable {
    static final Path ROOT = Path.of("/run/devmapper/root");

    private static final Pattern DUMPED = Pattern.compile("<device dev_id=\"(\\d+)\"");
    private static final Pattern RECORDED = Pattern.compile("\"device_id\":(\\d+)");

    private final Map<String, String> options = new HashMap<>(Map.of(
            "dm.fs", "ext4",
            "dm.basesize", "64m",
            "dm.loopdatasize", "1g",
            "dm.loopmetadatasize", "16m"));
    private LayerStore store;

    GuestStore with(String key, String value) {
        options.put(key, value);
        return this;
    }

    GuestStore without(String key) {
        options.remove(key);
        return this;
    }

    Map<String, String> options() {
        return options;
    }

    DriverHome home() throws IOException {
        return home(StoreInfo.Access.WRITE);
    }

    DriverHome home(StoreInfo.Access access) throws IOException {
        Files.createDirectories(ROOT.getParent());
        return new DriverHome(ROOT, options, IdMaps.IDENTITY, access);
    }

    LayerStore open() throws IOException {
        close();
        store = new GuestDriver(Linux.syscalls()).open(home());
        return store;
    }

    LayerStore store() throws IOException {
        return store == null ? open() : store;
    }

    static LayerId id(String name) {
        return new LayerId(name);
    }

    /** An image layer with one file. */
    void image(String name, String parent, String file) throws IOException {
        var below = parent.isEmpty() ? Optional.<LayerId>empty() : Optional.of(id(parent));
        store().create(id(name), below, LayerOptions.NONE);
        store().applyDiff(
                        id(name),
                        new ByteArrayInputStream(new TarMaker().file(file, file).bytes()));
    }

    void box(String name, String parent, Map<String, String> layerOptions) throws IOException {
        store().createReadWrite(id(name), Optional.of(id(parent)), LayerOptions.storage(layerOptions));
    }

    /** The names at the top of a layer's tree. */
    List<String> names(String layer) throws IOException {
        try (var mount = store().mount(id(layer));
                var names = Files.list(mount.path())) {
            return names.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    static StorageException refused(Kind kind, ThrowingCallable call) {
        var refusal = (StorageException) catchThrowable(call);
        assertThat(refusal).as("refused").isNotNull();
        assertThat(refusal.kind()).as(refusal.toString()).isEqualTo(kind);
        assertThat(refusal.advice()).as(refusal.toString()).isNotBlank();
        return refusal;
    }

    /** Runs a program, and answers what it says; it must not fail. */
    static String run(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue())
                .as(String.join(" ", command) + ": " + output)
                .isZero();
        return output;
    }

    /** Names of devices and pools of this kind of stores. */
    static List<String> devices() throws Exception {
        return run("dmsetup", "ls")
                .lines()
                .map(line -> line.split("\\s+", 2)[0])
                .filter(name -> name.startsWith("docker-"))
                .toList();
    }

    /** After a cleanup: no device, no cookie, no loop device, and metadata that thin_check is content with. */
    void assertNothingLeft() throws Exception {
        assertThat(devices()).isEmpty();
        assertThat(run("dmsetup", "udevcookies").lines().count()).isLessThanOrEqualTo(1);
        assertThat(run("losetup", "-a")).doesNotContain(ROOT.toString());
        var metadata = ROOT.resolve("devicemapper/devicemapper/metadata");
        if (Files.exists(metadata)) {
            thin("thin_check", metadata);
        }
    }

    /** After a cleanup: the numbers in the metadata of a pool on files are those in the records. */
    static void assertNumbersAgree() throws Exception {
        var home = ROOT.resolve("devicemapper");
        var pool = new TreeSet<Integer>();
        var dump = DUMPED.matcher(thin("thin_dump", home.resolve("devicemapper/metadata")));
        while (dump.find()) {
            pool.add(Integer.valueOf(dump.group(1)));
        }
        var records = new TreeSet<Integer>();
        try (var files = Files.newDirectoryStream(home.resolve("metadata"))) {
            for (var file : files) {
                var record = RECORDED.matcher(Files.readString(file));
                if (!file.endsWith("transaction-metadata") && record.find()) {
                    records.add(Integer.valueOf(record.group(1)));
                }
            }
        }
        assertThat(pool).isEqualTo(records);
    }

    /** Lets a program of thin-provisioning-tools read a file: they do not work on files in memory. */
    static String thin(String program, Path metadata) throws Exception {
        var device = run("losetup", "--find", "--show", "--read-only", metadata.toString())
                .strip();
        try {
            return run(program, device);
        } finally {
            run("losetup", "--detach", device);
        }
    }

    @Override
    public void close() throws IOException {
        if (store != null) {
            store.close();
            store = null;
        }
    }

    /** Takes everything down and away, whatever it takes: a test that failed is not to spoil the next ones. */
    void clear() throws Exception {
        if (!Files.exists(ROOT)) {
            return;
        }
        try {
            open().cleanup();
            close();
            assertNothingLeft();
        } catch (Exception | AssertionError e) {
            close();
            run("sh", "-c", "for m in " + ROOT + "/devicemapper/mnt/*/; do umount -l $m || true; done");
            for (var device : devices()) {
                run("sh", "-c", "dmsetup remove --force " + device + " || true");
            }
            throw e;
        } finally {
            run("rm", "-rf", ROOT.toString());
        }
    }
}
