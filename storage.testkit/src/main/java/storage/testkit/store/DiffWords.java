package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import storage.api.Change;
import storage.api.LayerId;

/** Words for what is expected of differences. */
abstract class DiffWords extends StoreRules {
    /** Changes the difference of a layer into another layer on the same parent, and compares. */
    void assertRoundTrip(LayerId layer, LayerId parent) throws Exception {
        var archive = bench().diff(layer, on(parent));
        store().create(id("copy"), on(parent), NONE);
        store().applyDiff(id("copy"), new ByteArrayInputStream(archive));
        assertSame(bench().show(id("copy")), bench().show(layer));
        assertSameArchive(bench().diff(layer, on(parent)), archive);
        store().remove(id("copy"));
    }

    /**
     * The same where names were linked to files of the parent, or directories changed nothing but their time: an archive
     * tells neither.
     */
    void assertLooseRoundTrip(LayerId layer, LayerId parent) throws Exception {
        var archive = bench().diff(layer, on(parent));
        store().create(id("copy"), on(parent), NONE);
        store().applyDiff(id("copy"), new ByteArrayInputStream(archive));
        assertSame(loose(bench().show(id("copy"))), loose(bench().show(layer)));
        assertSameArchive(bench().diff(layer, on(parent)), archive);
        store().remove(id("copy"));
    }

    static Map<String, String> loose(Map<String, String> tree) {
        var result = new TreeMap<String, String>();
        tree.forEach((path, line) -> {
            var bare = line.startsWith("04") ? line.replaceFirst(" t=[0-9.-]+", "") : line;
            result.put(path, bare.replaceFirst("(?s) = /.*?(?= user\\.| security\\.|$)", ""));
        });
        return result;
    }

    Set<String> changes(LayerId layer, LayerId against) throws Exception {
        var list = store().changes(layer, on(against)).stream()
                .map(Change::toString)
                .toList();
        var set = new TreeSet<>(list);
        assertThat(list).as("each change once").hasSameSizeAs(set);
        // the root is always there; whether its time counts is the backend's
        set.remove("C /");
        return set;
    }

    /** Directories are named too when only something below them changed; a backend may or may not. */
    static Set<String> withoutAncestors(Set<String> changes) {
        var result = new TreeSet<String>();
        var ancestors = new HashSet<String>();
        for (var change : changes) {
            var path = change.substring(2);
            for (var slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
                ancestors.add("C " + path.substring(0, slash));
            }
        }
        changes.stream().filter(change -> !ancestors.contains(change)).forEach(result::add);
        return result;
    }
}
