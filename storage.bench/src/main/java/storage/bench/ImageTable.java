package storage.bench;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import storage.api.LayerStore;
import storage.image.ImageStore;
import storage.image.ImageStore.Compression;
import storage.image.store.OpenImages;

/** An image of one large layer brought in, compressed in both ways, against the unpacking of such a layer by tar. */
final class ImageTable {
    private static final String NAME = "bench:1";

    private int serial;

    static void run(Bench bench) throws Exception {
        bench.everywhere(
                "Images of 20,000 files, 526 MB, ", (backend, ground) -> new ImageTable().rows(bench, backend, ground));
    }

    private void rows(Bench bench, String backend, Ground ground) throws Exception {
        var work = ground.fresh("images");
        var layer = work.resolve("layer.tar");
        TarTable.archive(work.resolve("tree"), layer);
        for (var compression : new Compression[] {Compression.GZIP, Compression.ZSTD}) {
            var image = work.resolve(compression + ".tar");
            compressed(work, layer, compression, image);
            var packed = work.resolve("layer." + compression);
            var program = compression == Compression.GZIP ? "gzip" : "zstd";
            Ground.run("sh", "-c", program + " -c \"$1\" >\"$2\"", "sh", layer.toString(), packed.toString());
            bench.race(Row.of("import, " + program, rounds -> bringIn(backend, ground, image, rounds))
                    .and("tar -x --" + program, rounds -> extract(work, packed, program, rounds)));
        }
    }

    /** Makes an image of the layer, by bringing in a plain one and writing it out again. */
    private static void compressed(Path work, Path layer, Compression compression, Path image) throws IOException {
        var digest = Ground.run("sha256sum", layer.toString()).substring(0, 64);
        Files.writeString(
                work.resolve("config.json"),
                "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":"
                        + "[\"sha256:" + digest + "\"]}}",
                StandardCharsets.UTF_8);
        Files.writeString(
                work.resolve("manifest.json"),
                "[{\"Config\":\"config.json\",\"RepoTags\":[\"" + NAME + "\"],\"Layers\":[\"layer.tar\"]}]",
                StandardCharsets.UTF_8);
        var plain = work.resolve("plain.tar");
        Ground.run("tar", "-cf", plain.toString(), "-C", work.toString(), "manifest.json", "config.json", "layer.tar");
        var root = Files.createTempDirectory(work, "maker-");
        try (LayerStore store = Stores.open("vfs", root);
                var out = new FileOutputStream(image.toFile())) {
            var images = new OpenImages().over(store);
            images.importFrom(plain, options(), ImageStore.Progress.NONE);
            images.export(NAME, ImageStore.Format.OCI, compression, out, ImageStore.Progress.NONE);
        }
        Ground.remove(root);
        Files.delete(plain);
    }

    private static ImageStore.ImportOptions options() {
        return new ImageStore.ImportOptions(Optional.empty(), Optional.of("linux/amd64"));
    }

    private static long bringIn(String backend, Ground ground, Path image, int rounds) throws IOException {
        var took = 0L;
        for (var i = 0; i < rounds; i++) {
            var root = ground.fresh("import");
            try (var store = Stores.open(backend, root)) {
                var images = new OpenImages().over(store);
                var start = System.nanoTime();
                images.importFrom(image, options(), ImageStore.Progress.NONE);
                took += System.nanoTime() - start;
                images.delete(NAME, true);
            }
            Ground.remove(root);
        }
        return took;
    }

    private long extract(Path work, Path packed, String program, int rounds) throws IOException {
        var took = 0L;
        for (var i = 0; i < rounds; i++) {
            var into = Files.createDirectory(work.resolve("into" + ++serial));
            var start = System.nanoTime();
            Ground.run("tar", "-x", "--" + program, "-f", packed.toString(), "-C", into.toString());
            took += System.nanoTime() - start;
            Ground.remove(into);
        }
        return took;
    }
}
