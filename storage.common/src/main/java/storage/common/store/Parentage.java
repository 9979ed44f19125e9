package storage.common.store;

import java.util.Optional;
import storage.api.LayerId;

/**
 * What a layout says of a layer's parent.
 *
 * @param recorded whether it says anything
 * @param parent the parent, empty for a layer that stands on nothing (or if nothing is recorded)
 */
public record Parentage(boolean recorded, Optional<LayerId> parent) {
    /** The layout holds no link for this layer. */
    public static final Parentage UNRECORDED = new Parentage(false, Optional.empty());

    /** The layer stands on nothing. */
    public static final Parentage NONE = new Parentage(true, Optional.empty());

    /** The layer stands on another. */
    public static Parentage of(LayerId parent) {
        return new Parentage(true, Optional.of(parent));
    }
}
