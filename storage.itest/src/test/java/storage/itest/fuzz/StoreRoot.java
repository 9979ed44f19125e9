package storage.itest.fuzz;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import storage.api.LayerCheck;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.image.ImageStore;
import storage.image.ImageStore.Compression;
import storage.image.ImageStore.Format;
import storage.image.ImageStore.ImportOptions;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;
import storage.image.store.OpenImages;
import storage.selector.state.ActiveDriver;
import storage.selector.state.Holders;
import storage.testkit.hostile.RawTar;
import storage.testkit.tree.TreeMaker;

/**
 * A data root with an image, a read-write layer and everything that is recorded of them. One of its files gets any bytes;
 * then everything that reads it is called. A failure says so; nothing is thrown that is not meant for a user.
 */
final class StoreRoot {
    private static final LayerId BOX = new LayerId("b".repeat(64));
    private static final String BOOT = "boot";

    private final Arena arena;
    private final GraphDriver driver;
    private final Path template;
    private final List<Path> files;

    StoreRoot(Arena arena, GraphDriver driver) {
        this.arena = arena;
        this.driver = driver;
        try {
            template = Files.createDirectory(arena.folder.resolve("template"));
            fill();
            try (var all = Files.walk(template)) {
                files = all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                        .map(template::relativize)
                        .filter(StoreRoot::isRecord)
                        .sorted(Comparator.comparing(StoreRoot::kind).thenComparing(Comparator.naturalOrder()))
                        .toList();
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Ids differ from run to run, kinds of files do not: the first byte of an input is to mean the same file always. */
    private static String kind(Path file) {
        return file.toString().replaceAll("[0-9a-f]{64}|[A-Z0-9]{26}", "ID");
    }

    private static boolean isRecord(Path file) {
        var text = file.toString();
        return !text.startsWith("vfs/dir/") && !text.contains("/diff/") && !text.endsWith("/lock");
    }

    private void fill() throws IOException {
        var home = DriverHome.at(template);
        try (var store = driver.open(home)) {
            var images = new OpenImages().over(store);
            var image = images.importFrom(
                            new ByteArrayInputStream(image()),
                            new ImportOptions(Optional.of("image"), Optional.empty()),
                            Progress.NONE)
                    .get(0);
            store.createReadWrite(BOX, image.top(), LayerOptions.NONE);
            images.adopt(BOX, image);
            var info = home.info(driver);
            Holders.forWriting(template, info.state(), BOOT).add(BOX, "cli");
            new ActiveDriver(template).record(driver.name(), Optional.empty());
            Files.createDirectories(info.state().resolve("imports"));
            Files.writeString(info.state().resolve("imports/0123456789abcdef.json"), "{}");
            Files.createDirectories(info.state().resolve("privileges"));
            Files.writeString(info.state().resolve("privileges/" + BOX), "");
            Files.writeString(info.state().resolve("kept"), "");
        }
        Files.delete(home.info(driver).state().resolve("kept"));
    }

    private static byte[] image() {
        var base = new RawTar().directory("d").file("d/f", "x").bytes();
        var top = new RawTar().file("d/g", "y").bytes();
        var config = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                + Digest.ofBytes(base) + "\",\"" + Digest.ofBytes(top) + "\"]}}";
        return new RawTar()
                .file("config.json", config)
                .file("a.tar", base)
                .file("b.tar", top)
                .file("manifest.json", "[{\"Config\":\"config.json\",\"Layers\":[\"a.tar\",\"b.tar\"]}]")
                .bytes();
    }

    /** The records that inputs can be put into, by the number that selects them. */
    List<Path> files() {
        return files;
    }

    void run(byte[] data) {
        if (data.length < 2) {
            return;
        }
        arena.run(() -> {
            var root = arena.folder.resolve("root");
            copy(root);
            try {
                var file = files.get((data[0] & 0xff) % files.size());
                var content = Arrays.copyOfRange(data, 2, data.length);
                Files.write(
                        root.resolve(file), data[1] % 2 == 1 && kind(file).endsWith(".gz") ? gzip(content) : content);
                read(root);
            } finally {
                new TreeMaker(arena.linux, arena.folder).remove("root");
            }
        });
    }

    private void copy(Path root) throws IOException {
        try (var all = Files.walk(template)) {
            for (var file : (Iterable<Path>) all::iterator) {
                Files.copy(
                        file,
                        root.resolve(template.relativize(file).toString()),
                        LinkOption.NOFOLLOW_LINKS,
                        StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static byte[] gzip(byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    /** One question; that it is answered with a refusal is fine. */
    @FunctionalInterface
    private interface Question {
        void ask() throws IOException;
    }

    private static void ask(Question question) throws IOException {
        try {
            question.ask();
        } catch (StorageException e) {
            if (e.getMessage().isBlank()) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void read(Path root) throws IOException {
        var home = DriverHome.at(root);
        ask(() -> new ActiveDriver(root).read());
        ask(() -> Holders.forReading(home.info(driver).state(), BOOT).all());
        ask(() -> driver.layers(home));
        ask(() -> look(home, true));
        ask(() -> Holders.forWriting(root, home.info(driver).state(), BOOT).all());
        ask(() -> new ActiveDriver(root).record(driver.name(), Optional.empty()));
        // what was repaired can be read
        ask(() -> look(home.readOnly(), false));
    }

    private void look(DriverHome home, boolean writing) throws IOException {
        try (var store = driver.open(home)) {
            for (var layer : store.layers()) {
                ask(() -> store.metadata(layer.id()));
                ask(() -> store.changes(layer.id(), layer.parent()));
                ask(() -> store.files(layer.id()).close());
            }
            ask(store::status);
            var check = store.ability(LayerCheck.class).orElseThrow();
            ask(check::findings);
            ask(() -> look(new OpenImages().over(store), writing));
            if (writing) {
                ask(check::repair);
                ask(() -> store.remove(BOX));
            }
        }
    }

    private void look(ImageStore images, boolean writing) throws IOException {
        ask(images::unusable);
        ask(images::usage);
        for (var image : images.images()) {
            ask(() -> images.export(
                    image.id(), Format.OCI, Compression.NONE, OutputStream.nullOutputStream(), Progress.NONE));
        }
        ask(() -> images.findings(false, Progress.NONE));
        if (writing) {
            ask(images::repair);
            ask(() -> images.prune(true));
            ask(() -> images.tag("image", "other"));
            ask(() -> images.delete("image", true));
        }
    }

    /** A good input for each record, and the record again, cut off. */
    List<byte[]> seeds() throws IOException {
        var seeds = new java.util.ArrayList<byte[]>();
        for (var i = 0; i < files.size(); i++) {
            var content = Files.readAllBytes(template.resolve(files.get(i)));
            seeds.add(seed(i, content));
            seeds.add(seed(i, Arrays.copyOf(content, content.length / 2)));
            if (kind(files.get(i)).endsWith(".gz")) {
                try (var in = new java.util.zip.GZIPInputStream(new ByteArrayInputStream(content))) {
                    seeds.add(seed(i, in.readAllBytes()));
                }
            }
            seeds.add(seed(i, "../../../canary".getBytes(StandardCharsets.US_ASCII)));
        }
        return seeds;
    }

    private static byte[] seed(int file, byte[] content) {
        var seed = new byte[content.length + 2];
        seed[0] = (byte) file;
        seed[1] = 1;
        System.arraycopy(content, 0, seed, 2, content.length);
        return seed;
    }
}
