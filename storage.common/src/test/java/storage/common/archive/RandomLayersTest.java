package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import storage.api.FileNames;
import storage.api.StorageException;
import storage.common.Gate;
import storage.common.Tree;
import storage.linux.Errno;

/**
 * Layers of a few names with everything that can happen to them: on every form of target the tree is what the model says
 * it is, or the archive is refused where the model refuses it.
 */
class RandomLayersTest {
    private static final int ROUNDS = Integer.getInteger("storage.test.rounds", 150);
    private static final String[] NAMES = {"a", "b", "c", "d"};
    private static final String[] TARGETS = {
        "a", "b", "../a", "/c", "/c/d", "..", "/", ".", "b/../c", "../../..", "nowhere", "/a/b", "c/"
    };

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void allFormsShowWhatTheModelShows(WhiteoutForm form) throws IOException {
        Gate.root();
        var seed = Long.getLong("storage.test.seed", 20240229L);
        for (var round = 0; round < ROUNDS; round++) {
            round(form, new Random(seed + round), "seed " + (seed + round));
        }
    }

    private void round(WhiteoutForm form, Random random, String label) throws IOException {
        List<List<ModelTree.Entry>> layers = new ArrayList<>();
        var name = form + "-" + random.nextLong();
        List<Tree> branches = new ArrayList<>();
        try (var folders = Tree.make(folder, name)) {
            for (var number = 0; number < 3; number++) {
                var layer = layer(random);
                // most archives with so few names are refused; one in ten of those is worth a look
                for (var i = 0; i < 50 && !accepts(layers, layer) && random.nextInt(10) > 0; i++) {
                    layer = layer(random);
                }
                var refused = !accepts(layers, layer);
                layers.add(layer);
                var told = label + " layer " + number + " " + layer;
                assertThat(refuses(
                                form,
                                branches,
                                folders.path + "/" + number,
                                layer,
                                number == 1 ? 0 : random.nextInt(9)))
                        .as("refused " + told)
                        .isEqualTo(refused);
                if (refused) {
                    break;
                }
                assertThat(seen(form, branches))
                        .as(told)
                        .isEqualTo(model(layers).snapshot());
            }
            branches.forEach(Tree::close);
        }
        try (var all = Tree.open(folder.toString())) {
            all.remove(name);
        }
    }

    private static boolean accepts(List<List<ModelTree.Entry>> layers, List<ModelTree.Entry> next) {
        var all = new ArrayList<>(layers);
        all.add(next);
        return model(all) != null;
    }

    private static ModelTree model(List<List<ModelTree.Entry>> layers) {
        var model = new ModelTree();
        try {
            for (var layer : layers) {
                model.apply(layer);
            }
            return model;
        } catch (ModelTree.Refused e) {
            return null;
        }
    }

    private static boolean refuses(
            WhiteoutForm form, List<Tree> branches, String path, List<ModelTree.Entry> layer, int maxOpen)
            throws IOException {
        var tar = new Tar();
        layer.forEach(entry -> entry.addTo(tar));
        Tree tree;
        if (form == WhiteoutForm.REMOVE && !branches.isEmpty()) {
            tree = branches.get(0);
        } else {
            tree = Tree.make(path);
        }
        var target = form == WhiteoutForm.REMOVE
                ? UnpackTarget.plain(tree.fd())
                : new UnpackTarget(tree.fd(), branches.stream().map(Tree::fd).toList(), form);
        if (branches.isEmpty() || form != WhiteoutForm.REMOVE) {
            branches.add(0, tree);
        }
        try {
            // with none, every directory is looked up anew for every entry
            // and with several threads from the first file on, the result is the same
            var options = UnpackOptions.DEFAULT.withThreads(1 + maxOpen % 3).withWorthwhile(0);
            LayerUnpacker.unpack(Tree.LINUX, target, tar.stream(), options, maxOpen);
            return false;
        } catch (StorageException e) {
            assertThat(e.kind()).isEqualTo(StorageException.Kind.BAD_ARCHIVE);
            return true;
        }
    }

    private Map<String, String> seen(WhiteoutForm form, List<Tree> branches) throws IOException {
        var seen = switch (form) {
            case REMOVE -> branches.get(0).snapshot();
            case AUFS -> MergedView.of(form, branches);
            case OVERLAY -> Gate.canMountOverlay() ? mounted(branches) : MergedView.of(form, branches);
        };
        var withoutLinks = new TreeMap<String, String>();
        seen.forEach((path, line) -> withoutLinks.put(path, line.replaceAll(" = .*", "")));
        return withoutLinks;
    }

    private Map<String, String> mounted(List<Tree> branches) throws IOException {
        // two at least; the last is empty
        var options = new StringBuilder("lowerdir=");
        branches.forEach(branch -> options.append(branch.path).append(':'));
        var parent = branches.get(0).path.substring(0, branches.get(0).path.lastIndexOf('/'));
        try (var all = Tree.open(parent)) {
            all.directory("empty").directory("merged");
            options.append(parent).append("/empty");
            var merged = FileNames.encode(parent + "/merged");
            var type = FileNames.encode("overlay");
            Errno.check(Tree.LINUX.mount(type, merged, type, 1, FileNames.encode(options.toString())), "mount", parent);
            try (var view = Tree.open(parent + "/merged")) {
                return view.snapshot();
            } finally {
                Tree.LINUX.umount2(merged, 2);
                all.remove("empty");
                all.remove("merged");
            }
        }
    }

    private static List<ModelTree.Entry> layer(Random random) {
        List<ModelTree.Entry> layer = new ArrayList<>();
        var count = 1 + random.nextInt(10);
        for (var i = 0; i < count; i++) {
            layer.add(entry(random));
        }
        return layer;
    }

    private static ModelTree.Entry entry(Random random) {
        var types = "ddddfffllhhpcww";
        var type = types.charAt(random.nextInt(types.length()));
        var name = path(random);
        if (type == 'w') {
            type = 'f';
            var parent = name.contains("/") ? name.substring(0, name.lastIndexOf('/') + 1) : "";
            name = random.nextInt(3) == 0
                    ? parent + ".wh..wh..opq"
                    : parent + ".wh." + name.substring(name.lastIndexOf('/') + 1);
        } else if (random.nextInt(12) == 0) {
            name = random.nextBoolean() ? "./" + name : "../x/../" + name;
        }
        var link = type == 'l' ? TARGETS[random.nextInt(TARGETS.length)] : type == 'h' ? path(random) : "";
        var mode = new int[] {0644, 0755, 0700, 04755, 0, 01777}[random.nextInt(6)];
        Map<String, byte[]> xattrs = random.nextInt(4) == 0 && (type == 'f' || type == 'd') && !name.contains(".wh.")
                ? Map.of("user.n" + random.nextInt(2), new byte[] {0, (byte) random.nextInt(256), '='})
                : Map.of();
        return new ModelTree.Entry(
                type,
                name,
                link,
                "content " + random.nextInt(1000),
                mode,
                random.nextInt(3) * 1000,
                1_000_000_000L + random.nextInt(100_000_000),
                xattrs);
    }

    private static String path(Random random) {
        var path = NAMES[random.nextInt(NAMES.length)];
        for (var depth = random.nextInt(3); depth > 0; depth--) {
            path += "/" + NAMES[random.nextInt(NAMES.length)];
        }
        return path;
    }
}
