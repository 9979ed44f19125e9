package storage.image.meta;

import java.util.Optional;
import storage.api.LayerId;

/**
 * One layer as the layer database has it.
 *
 * @param chain names the layer with everything below it
 * @param diff the digest of its uncompressed archive
 * @param parent the chain below, empty for a base
 * @param layer its id in the layer store
 * @param size the sum of its files' sizes, in bytes
 */
public record LayerEntry(Digest chain, Digest diff, Optional<Digest> parent, LayerId layer, long size) {}
