package storage.bench;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.common.io.Pump;

/** The peers' rows over a layer store; the same rows over an engine's drivers are in {@code peer/main.go}. */
final class Layers {
    private static final int TOWER = 20;
    private static final Pattern CHANGES = Pattern.compile("diff-(\\d+)-of-(\\d+)");

    private final LayerStore store;
    private final Set<String> made = new HashSet<>();
    private int serial;

    Layers(LayerStore store) {
        this.store = store;
    }

    /** Writes into a layer's tree. */
    private interface Filling {
        void into(Path root) throws IOException;
    }

    private interface Round {
        void run() throws IOException;
    }

    Side row(String name) {
        return switch (name) {
            case "exists" ->
                rounds -> {
                    layer("empty", null, root -> {});
                    var base = new LayerId("empty");
                    return each(rounds, () -> {
                        if (!store.exists(base)) {
                            throw new IOException("The layer empty is not there");
                        }
                    });
                };
            case "get" ->
                rounds -> {
                    // a read-write layer: it is its own folder, as in the peers
                    layer("empty", null, root -> {});
                    var base = new LayerId("empty");
                    var took = each(rounds, () -> store.get(base, ""));
                    for (var i = 0; i < rounds; i++) {
                        store.put(base);
                    }
                    return took;
                };
            case "mount" ->
                rounds -> {
                    layer("empty", null, root -> {});
                    layer("child", "empty", root -> {});
                    var child = new LayerId("child");
                    return each(rounds, () -> {
                        store.get(child, "");
                        store.put(child);
                    });
                };
            case "create" ->
                rounds -> {
                    layer("empty", null, root -> {});
                    return createAndRemove("empty", rounds);
                };
            case "create-10000" ->
                rounds -> {
                    layer("base10000", null, root -> Files64.write(root, 0, 10_000, 1));
                    return createAndRemove("base10000", rounds);
                };
            case "diff-10-added" ->
                rounds -> {
                    layer("base10000", null, root -> Files64.write(root, 0, 10_000, 1));
                    layer("added10000", "base10000", root -> Files64.write(root, 20_000, 10, 2));
                    return diff("added10000", "base10000", rounds);
                };
            case "apply-100" -> rounds -> apply(100, rounds);
            case "apply-1000" -> rounds -> apply(1000, rounds);
            case "diff-top-of-20" ->
                rounds -> {
                    tower();
                    return diff("tower19", "tower18", rounds);
                };
            case "read-20" ->
                rounds -> {
                    tower();
                    try (var mount = store.mount(new LayerId("tower19"))) {
                        var file = mount.path().resolve("d0").resolve("f0");
                        return each(rounds, () -> Files.readAllBytes(file));
                    }
                };
            default -> changes(name);
        };
    }

    /** So many changes of so many files, {@code diff-CHANGES-of-FILES}. */
    private Side changes(String name) {
        var numbers = CHANGES.matcher(name);
        if (!numbers.matches()) {
            throw new IllegalArgumentException("No such row: " + name);
        }
        var changes = Integer.parseInt(numbers.group(1));
        var files = Integer.parseInt(numbers.group(2));
        return rounds -> {
            var base = "base" + files;
            var changed = "changed" + changes + "of" + files;
            layer(base, null, root -> Files64.write(root, 0, files, 1));
            layer(changed, base, root -> Files64.write(root, 0, changes, 2));
            return diff(changed, base, rounds);
        };
    }

    private static Optional<LayerId> id(String name) {
        return Optional.ofNullable(name).map(LayerId::new);
    }

    /** Makes a layer once, and fills it. */
    private void layer(String name, String parent, Filling filling) throws IOException {
        if (made.add(name)) {
            var id = new LayerId(name);
            store.createReadWrite(id, id(parent), LayerOptions.NONE);
            try (var mount = store.mount(id)) {
                filling.into(mount.path());
            }
        }
    }

    /** Makes an image layer without parent once, and fills it from an archive, as images are imported. */
    private void image(String name, Filling filling) throws IOException {
        if (made.add(name)) {
            layer(name + "-source", null, filling);
            var archive = new ByteArrayOutputStream();
            store.diff(new LayerId(name + "-source"), Optional.empty(), archive);
            store.create(new LayerId(name), Optional.empty(), LayerOptions.NONE);
            store.applyDiff(new LayerId(name), new ByteArrayInputStream(archive.toByteArray()));
        }
    }

    private void tower() throws IOException {
        for (var i = 0; i < TOWER; i++) {
            var first = 10 * i;
            layer("tower" + i, i == 0 ? null : "tower" + (i - 1), root -> Files64.write(root, first, 10, 1));
        }
    }

    private static long each(int rounds, Round round) throws IOException {
        var start = System.nanoTime();
        for (var i = 0; i < rounds; i++) {
            round.run();
        }
        return System.nanoTime() - start;
    }

    private long createAndRemove(String parent, int rounds) throws IOException {
        var on = id(parent);
        return each(rounds, () -> {
            var id = new LayerId("new" + ++serial);
            store.createReadWrite(id, on, LayerOptions.NONE);
            store.remove(id);
        });
    }

    private long diff(String name, String against, int rounds) throws IOException {
        var id = new LayerId(name);
        var other = id(against);
        return each(rounds, () -> store.diff(id, other, OutputStream.nullOutputStream()));
    }

    private long apply(int number, int rounds) throws IOException {
        var base = "empty" + number;
        var changed = "changed" + number;
        image(base, root -> Files64.write(root, 0, number, 1));
        layer(changed, base, root -> Files64.write(root, 0, number, 2));
        var took = 0L;
        for (var i = 0; i < rounds; i++) {
            var id = new LayerId("new" + ++serial);
            store.create(id, id(base), LayerOptions.NONE);
            var start = System.nanoTime();
            // as the engine's driver does it: the one makes what the other takes
            try (var archive = new Pump("bench-diff", out -> store.diff(new LayerId(changed), id(base), out))) {
                store.applyDiff(id, archive);
            }
            took += System.nanoTime() - start;
            store.remove(id);
        }
        return took;
    }
}
