package storage.api;

import java.nio.file.Path;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * An ability of a published {@link LayerStore}: holds with a name, which outlive the process.
 *
 * <p>{@link LayerStore#get} and {@link LayerStore#put} count holds of this process, which end with it. A named hold is
 * recorded below the root and stays until it is released or the machine is booted anew: {@code storage mount} is the
 * holder {@code cli}. A layer stays mounted while anyone holds it, named or not.
 *
 * @see LayerStore#ability
 */
@ProviderType
public interface LayerHolds {
    /**
     * Who holds a layer.
     *
     * @param layer the layer
     * @param holder the name, or {@code process PID} for holds that end with a process
     * @param count how many times, at least 1
     */
    record Hold(LayerId layer, String holder, int count) {}

    /**
     * Takes a named hold and mounts the layer if it is not. A name that holds the layer already holds it once more.
     *
     * @return where the tree can be seen
     */
    Path hold(LayerId id, String holder, String mountLabel) throws StorageException;

    /**
     * Gives one named hold back; the last hold of all unmounts. If nobody at all holds the layer but it is still
     * mounted, unmounts it.
     *
     * @throws StorageException NOT_FOUND if others hold the layer but this name does not; the message lists them
     */
    void release(LayerId id, String holder) throws StorageException;

    /** Everyone who holds a layer, in the order of layers, then holders. */
    List<Hold> holds() throws StorageException;
}
