package storage.api;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * An ability of a {@link LayerStore}: finding damage in its home, and setting it aside.
 *
 * @see LayerStore#ability
 */
@ConsumerType
public interface LayerCheck {
    /**
     * Something that is not as it should be.
     *
     * @param layer the folder or layer concerned, as text because a damaged one may have no valid id
     * @param path the file concerned. One that the layer shows begins with {@code /}, the layer's root; everything else
     *     is told from the data root, such as {@code overlay2/ID/lower}. Empty if no file can be named
     * @param problem one sentence
     * @param repairable whether {@link #repair} can put it right or aside
     */
    record Finding(String layer, String path, String problem, boolean repairable) {}

    /** Looks at the structure of every layer: links, parents, metadata files, leftovers. Reads no file content. */
    List<Finding> findings() throws StorageException;

    /**
     * Sets aside what {@link #findings} calls repairable: rebuilds what can be derived and moves the rest to
     * {@code ROOT/storage/quarantine}. Never deletes a layer that may be good.
     *
     * @return what was done, a sentence each
     */
    List<String> repair() throws StorageException;
}
