package storage.api;

import java.util.Objects;
import java.util.Optional;

/**
 * What a store knows about one layer.
 *
 * @param id the layer's name in its store
 * @param parent the layer below, empty for one that stands on nothing
 * @param kind whether consumers may write to it
 * @param state whether it can be used
 */
public record Layer(LayerId id, Optional<LayerId> parent, Kind kind, State state) {
    public Layer {
        Objects.requireNonNull(id);
        Objects.requireNonNull(parent);
        Objects.requireNonNull(kind);
        Objects.requireNonNull(state);
    }

    /** What a layer is for. */
    public enum Kind {
        /** Filled once, by {@link LayerStore#applyDiff}; handed out read-only from then on. */
        IMAGE,
        /** Written through its mount, as a container's layer is. */
        READ_WRITE
    }

    /** Whether a layer can be used. */
    public enum State {
        /** Whole: may be mounted, be a parent, be compared. */
        COMPLETE,
        /** Cut off while it was made, filled or removed. It can only be removed. */
        INCOMPLETE,
        /**
         * Found in the home without a record of its parent, as another program's home may be. What needs the parent
         * (a mount on a union filesystem, a diff) is refused: a parent is never guessed.
         */
        UNKNOWN_PARENT
    }
}
