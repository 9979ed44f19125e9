package storage.image.meta;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import storage.api.StorageException;

/**
 * What is read of an image's configuration. Its bytes are kept as they are, because their digest is the image's id.
 *
 * @param id the image id
 * @param created as written
 * @param architecture empty if it has none
 * @param os {@code linux} if it has none
 * @param variant of the architecture, empty if it has none
 * @param diffIds the digests of the uncompressed layers, base first
 */
public record ImageConfig(
        Digest id, Optional<String> created, String architecture, String os, String variant, List<Digest> diffIds) {
    /** The largest configuration that is read, in bytes. */
    public static final int LARGEST = 4 << 20;

    /** The most layers that an image may have. The engine takes 125, the deepest backend no more than 500. */
    public static final int MOST_LAYERS = 1024;

    /**
     * Reads a configuration.
     *
     * @throws StorageException BAD_ARCHIVE if it is none, LIMIT_EXCEEDED for too many layers
     */
    public static ImageConfig parse(byte[] bytes) throws StorageException {
        var id = Digest.ofBytes(bytes);
        var what = "The configuration " + id.brief();
        var tree = Json.object(bytes, what);
        var rootfs = tree.get("rootfs");
        if (rootfs == null || !rootfs.isObject()) {
            throw Bad.archive("%s lists no layers: it is not one of an image", what);
        }
        var diffIds = new ArrayList<Digest>();
        for (var text : Json.texts(rootfs, "diff_ids", what)) {
            diffIds.add(Digest.parseSha256(text, what));
        }
        if (diffIds.size() > MOST_LAYERS) {
            throw Bad.limit("%s has %d layers, %d are the most", what, diffIds.size(), MOST_LAYERS);
        }
        checkHistory(tree, diffIds.size(), what);
        return new ImageConfig(
                id,
                Json.text(tree, "created", what),
                Json.text(tree, "architecture", what).orElse(""),
                Json.text(tree, "os", what).orElse("linux"),
                Json.text(tree, "variant", what).orElse(""),
                List.copyOf(diffIds));
    }

    /** The engine refuses an image whose history tells of more layers than it has. */
    private static void checkHistory(ObjectNode tree, int layers, String what) throws StorageException {
        var filled = 0;
        for (var step : Json.elements(tree, "history", what)) {
            if (!step.path("empty_layer").asBoolean(false)) {
                filled++;
            }
        }
        if (filled > layers) {
            throw Bad.archive("%s has %d layers, but its history tells of %d", what, layers, filled);
        }
    }

    /** The chain ids of the layers, base first. */
    public List<Digest> chains() {
        return chains(diffIds);
    }

    /** The chain ids of layers, base first: each names everything up to one layer (OCI image specification, "Layer ChainID"). */
    public static List<Digest> chains(List<Digest> diffIds) {
        var chains = new ArrayList<Digest>();
        for (var diff : diffIds) {
            chains.add(chain(chains.isEmpty() ? Optional.empty() : Optional.of(chains.get(chains.size() - 1)), diff));
        }
        return chains;
    }

    /** The chain id of a layer on top of another. */
    public static Digest chain(Optional<Digest> parent, Digest diff) {
        return parent.map(below ->
                        Digest.ofBytes((below + " " + diff).getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .orElse(diff);
    }

    /** As people write it: {@code linux/amd64}. */
    public String platform() {
        return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
    }
}
