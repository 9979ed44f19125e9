package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.testkit.tree.TarText;

/** What all groups of the kit need: the workbench, and words for what is expected. */
abstract class StoreRules {
    static final Optional<LayerId> NOTHING = Optional.empty();
    static final LayerOptions NONE = LayerOptions.NONE;

    /** The workbench of the running test. */
    abstract Workbench bench();

    LayerStore store() throws StorageException {
        return bench().store();
    }

    static LayerId id(String text) {
        return new LayerId(text);
    }

    static Optional<LayerId> on(LayerId parent) {
        return Optional.of(parent);
    }

    /** Insists that a call fails in this way, with words for the user. */
    static StorageException refused(StorageException.Kind kind, ThrowingCallable call) {
        var failure = catchThrowable(call);
        assertThat(failure).isInstanceOf(StorageException.class);
        var refusal = (StorageException) failure;
        assertThat(refusal.kind()).as(refusal.toString()).isEqualTo(kind);
        assertThat(refusal.getMessage()).isNotBlank();
        return refusal;
    }

    /** The same, told of a layer. */
    static void refused(StorageException.Kind kind, LayerId layer, ThrowingCallable call) {
        var refusal = refused(kind, call);
        assertThat(refusal.layer()).as(refusal.toString()).contains(layer);
    }

    /** An id that the store does not have. */
    static LayerId missing() {
        return id("missing");
    }

    /** Insists that two trees are the same, and shows only what differs. */
    static void assertSame(Map<String, String> actual, Map<String, String> expected) {
        var differences = new TreeMap<String, String>();
        expected.forEach((path, line) -> {
            if (!line.equals(actual.get(path))) {
                differences.put(path, "expected " + line + ", but was " + actual.get(path));
            }
        });
        actual.forEach((path, line) -> {
            if (!expected.containsKey(path)) {
                differences.put(path, "not expected, but was " + line);
            }
        });
        assertThat(differences).isEmpty();
    }

    /** Insists on the same bytes, and shows the entries if they are not. */
    static void assertSameArchive(byte[] actual, byte[] expected) throws IOException {
        if (!Arrays.equals(actual, expected)) {
            assertThat(TarText.lines(actual)).isEqualTo(TarText.lines(expected));
            assertThat(actual).as("the entries are the same, the bytes are not").isEqualTo(expected);
        }
    }

    /** The layers and what each of them shows. */
    String everything(LayerStore store) throws IOException {
        var text = new StringBuilder();
        for (var layer : store.layers()) {
            text.append(layer)
                    .append('\n')
                    .append(bench().show(store, layer.id()))
                    .append('\n');
        }
        return text.toString();
    }
}
