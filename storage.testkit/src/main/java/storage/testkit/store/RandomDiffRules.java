package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.testkit.tree.RandomTree;

/** The same for trees that nobody thought of. */
abstract class RandomDiffRules extends DiffWords {
    /** Each setting has trees of its own, the same in every run. */
    private long seed(long number) {
        return bench().setting().toString().hashCode() + number;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void changesAtRandomMakeTheSameTreeAgain(long number) throws Exception {
        var seed = seed(number);
        bench().layer("ground", "", tree -> {});
        grow(id("ground"), seed);
        store().createReadWrite(id("box"), on(id("ground")), NONE);
        try (var mount = store().mount(id("box"))) {
            new RandomTree(
                            bench().linux(),
                            mount.path(),
                            seed + 1000,
                            bench().privileged(),
                            bench().factory().longestName())
                    .change(60);
        }
        var told = withoutAncestors(changes(id("box"), id("ground")));
        var expected = withoutAncestors(expected(loose(bench().show(id("ground"))), loose(bench().show(id("box")))));
        assertThat(expected).as("missing").isSubsetOf(told);
        // some cannot know whether what was changed was changed back
        told.removeAll(expected);
        assertThat(told).as("too much").allMatch(change -> change.startsWith("C "));
        assertLooseRoundTrip(id("box"), id("ground"));
    }

    private void grow(LayerId layer, long seed) throws Exception {
        try (var mount = store().mount(layer)) {
            new RandomTree(
                            bench().linux(),
                            mount.path(),
                            seed,
                            bench().privileged(),
                            bench().factory().longestName())
                    .grow(120);
        }
    }

    /** What changed between two texts of trees. */
    private static Set<String> expected(Map<String, String> older, Map<String, String> newer) {
        var changes = new TreeSet<String>();
        newer.forEach((path, line) -> {
            if (!older.containsKey(path)) {
                changes.add("A " + path);
            } else if (!older.get(path).equals(line) && !path.equals("/")) {
                changes.add("C " + path);
            }
        });
        for (var path : older.keySet()) {
            if (!newer.containsKey(path) && !isBelowRemoved(path, newer)) {
                changes.add("D " + path);
            }
        }
        return changes;
    }

    private static boolean isBelowRemoved(String path, Map<String, String> newer) {
        var slash = path.lastIndexOf('/');
        var parent = path.substring(0, slash);
        return slash > 0 && (!newer.containsKey(parent) || !newer.get(parent).startsWith("04"));
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void stacksOfChangesMoveToAnotherStore(long number) throws Exception {
        var seed = seed(number);
        var other = bench().open(bench().linux(), bench().root("other"), StoreInfo.Access.WRITE);
        var parent = Optional.<LayerId>empty();
        for (var i = 0; i < 4; i++) {
            var box = id("box-" + i);
            store().createReadWrite(box, parent, NONE);
            try (var mount = store().mount(box)) {
                var tree = new RandomTree(
                        bench().linux(),
                        mount.path(),
                        seed + i * 100L,
                        bench().privileged(),
                        bench().factory().longestName());
                tree.grow(i == 0 ? 80 : 0).change(30);
            }
            other.create(box, parent, NONE);
            other.applyDiff(box, new ByteArrayInputStream(bench().diff(box, parent)));
            assertSame(loose(bench().show(other, box)), loose(bench().show(box)));
            parent = Optional.of(box);
        }
        var top = parent.orElseThrow();
        var flat = bench().diff(top, NOTHING);
        other.create(id("flat"), NOTHING, NONE);
        other.applyDiff(id("flat"), new ByteArrayInputStream(flat));
        assertSame(bench().show(other, id("flat")), bench().show(top));
        assertSameArchive(bench().diff(top, NOTHING), flat);
    }
}
