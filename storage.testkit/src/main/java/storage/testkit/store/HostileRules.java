package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.testkit.NothingLeft;
import storage.testkit.hostile.BriefTree;
import storage.testkit.hostile.Corpus;
import storage.testkit.hostile.HostileCase;
import storage.testkit.hostile.HostileCase.Outcome;
import storage.testkit.hostile.RawTar;
import storage.testkit.tree.TreeText;

/**
 * The corpus of hostile archives: each has the same outcome on every backend, touches nothing outside the layer and
 * nothing of the layers below, and leaves nothing behind if it is refused.
 */
abstract class HostileRules extends StoreRules {
    private static final Set<String> MARKS = Set.of("trusted.overlay.opaque", "user.overlay.opaque");

    private static final int LOOKS = 200;

    /** Of layers that cases share, at a time. */
    private static final int GROUNDS = 4;

    @TestFactory
    Stream<DynamicTest> outcomesAreTheSameEverywhere() throws Exception {
        if (!bench().factory().triesCorpus()) {
            return Stream.empty();
        }
        var canary = Canary.in(bench().root().getParent());
        var outside = TreeText.capture(bench().linux(), canary);
        var grounds = new HashMap<String, Optional<LayerId>>();
        var number = new int[1];
        return Corpus.cases(bench().factory().longestName()).stream()
                .map(hostile -> DynamicTest.dynamicTest(hostile.name(), () -> {
                    var layer = id("hostile-" + number[0]++);
                    if (hostile.options().isEmpty()) {
                        if (grounds.size() >= GROUNDS) {
                            removeAll(store());
                            grounds.clear();
                        }
                        hasItsOutcome(hostile, store(), grounds, layer, canary);
                    } else {
                        try (var limited = bench().open(layer.value(), hostile.options())) {
                            hasItsOutcome(hostile, limited, new HashMap<>(), layer, canary);
                            removeAll(limited);
                        }
                        // a store may hold the template of its layers, each a filesystem
                        bench().removeRoot(layer.value());
                    }
                    assertSame(TreeText.capture(bench().linux(), canary), outside);
                }));
    }

    /** Where a layer is a filesystem of its own, a few of them fill the disk of a test. */
    private static void removeAll(LayerStore store) throws Exception {
        for (var layers = store.layers(); !layers.isEmpty(); layers = store.layers()) {
            var parents =
                    layers.stream().flatMap(layer -> layer.parent().stream()).toList();
            for (var layer : layers) {
                if (!parents.contains(layer.id())) {
                    store.remove(layer.id());
                }
            }
        }
    }

    private void hasItsOutcome(
            HostileCase hostile, LayerStore store, Map<String, Optional<LayerId>> grounds, LayerId layer, Path canary)
            throws Exception {
        var below = layOut(hostile, store, grounds);
        store.create(layer, below, NONE);
        var archive = hostile.archive().apply(canary);
        if (hostile.outcome() == Outcome.REFUSED) {
            isRefused(hostile, store, archive, layer, below);
        } else {
            var ground = below.isPresent() ? brief(store, below.get()) : Map.<String, String>of();
            store.applyDiff(layer, new ByteArrayInputStream(archive));
            if (!hostile.needsRoot() || bench().privileged()) {
                assertSame(brief(store, layer), hostile.expected().apply(canary));
            }
            if (below.isPresent()) {
                assertSame(brief(store, below.get()), ground);
            }
        }
        store.remove(layer);
    }

    /** The layers below, each as its archive has it; cases with the same ones share them. */
    private static Optional<LayerId> layOut(
            HostileCase hostile, LayerStore store, Map<String, Optional<LayerId>> grounds) throws IOException {
        var key = new StringBuilder();
        var below = Optional.<LayerId>empty();
        for (var archive : hostile.parents()) {
            key.append('-').append(java.util.Arrays.hashCode(archive));
            var known = grounds.get(key.toString());
            if (known == null) {
                known = Optional.of(id("ground-" + grounds.size()));
                store.create(known.get(), below, NONE);
                store.applyDiff(known.get(), new ByteArrayInputStream(archive));
                grounds.put(key.toString(), known);
            }
            below = known;
        }
        return below;
    }

    private void isRefused(
            HostileCase hostile, LayerStore store, byte[] archive, LayerId layer, Optional<LayerId> below)
            throws Exception {
        var shown = brief(store, layer);
        var files = files(store);
        var open = NothingLeft.descriptors();
        refused(hostile.error().orElseThrow(), layer, () -> store.applyDiff(layer, new ByteArrayInputStream(archive)));
        assertThat(newDescriptors(open)).as("descriptors").isEmpty();
        assertThat(files(store)).as("files").isEqualTo(files);
        assertThat(store.layer(layer).orElseThrow().state()).isEqualTo(Layer.State.COMPLETE);
        assertSame(brief(store, layer), shown);
        if (below.isPresent()) {
            assertSame(brief(store, below.get()), shown);
        }
        store.applyDiff(
                layer, new ByteArrayInputStream(new RawTar().file("good", "g").bytes()));
        var good = new TreeMap<>(shown);
        good.put("good", "file \"g\"");
        assertSame(brief(store, layer), good);
    }

    /** What is open now and was not then. The JVM opens something now and then, but not for long. */
    private static List<String> newDescriptors(List<String> before) throws IOException {
        List<String> added = new ArrayList<>();
        for (var look = 0; look < LOOKS; look++) {
            added = new ArrayList<>(NothingLeft.descriptors());
            before.forEach(added::remove);
            if (added.isEmpty()) {
                break;
            }
        }
        return added;
    }

    /** Every name below the data root, whatever it belongs to. */
    private static List<Path> files(LayerStore store) throws IOException {
        try (var files = Files.walk(store.info().root())) {
            return files.sorted().toList();
        }
    }

    private Map<String, String> brief(LayerStore store, LayerId layer) throws IOException {
        try (var mount = store.mount(layer)) {
            return BriefTree.of(
                    bench().linux(),
                    mount.path(),
                    bench()::outside,
                    bench().privileged(),
                    bench().factory().mounts() ? MARKS : Set.of());
        }
    }
}
