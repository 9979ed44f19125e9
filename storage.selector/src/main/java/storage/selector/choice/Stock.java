package storage.selector.choice;

import java.util.Optional;
import storage.api.StorageException;

/**
 * What lies in one driver's home.
 *
 * @param layers how many layers, -1 if that cannot be told
 * @param problem why it cannot be told
 * @param kept whether the home is the source that a migration left behind: it never counts as a store
 */
record Stock(int layers, Optional<StorageException> problem, boolean kept) {
    static Stock of(int layers, boolean kept) {
        return new Stock(layers, Optional.empty(), kept);
    }

    static Stock unknown(StorageException problem, boolean kept) {
        return new Stock(-1, Optional.of(problem), kept);
    }

    /** Whether a store is here, as far as anyone can tell: what cannot be read is not taken for empty. */
    boolean isStore() {
        return layers != 0 && !kept;
    }

    /** For example {@code 3 layers}. */
    String text() {
        return layers < 0 ? "an unknown number of layers" : layers == 1 ? "1 layer" : layers + " layers";
    }
}
