package storage.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import storage.api.LayerCheck;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;

/**
 * The images of one store. Made by {@link Images#over}.
 *
 * <p>An image is a configuration (JSON, named by its SHA-256 digest: the image id) and a chain of layers, each named by
 * the digest of its uncompressed archive (diff id) and by the digest of the chain up to it (chain id). A chain that two
 * images share is stored once.
 *
 * <p>Where a method takes a reference, that is a name with or without a tag ({@code latest} is assumed), an image id
 * ({@code sha256:...}) or a unique beginning of one of at least 4 digits.
 */
@ProviderType
public interface ImageStore {
    /** The forms of an image archive. */
    enum Format {
        /** {@code manifest.json} and layers in folders or {@code blobs}: what {@code docker load} reads. */
        DOCKER,
        /** The OCI image layout: {@code oci-layout}, {@code index.json}, {@code blobs}. */
        OCI
    }

    /** How the layers of an exported OCI layout are compressed. */
    enum Compression {
        NONE,
        GZIP,
        ZSTD
    }

    /**
     * One image.
     *
     * @param id {@code sha256:} and 64 hexadecimal digits
     * @param names every {@code name:tag} that points to it, sorted
     * @param created as the configuration has it, empty if it has none
     * @param architecture for example {@code amd64}
     * @param os for example {@code linux}
     * @param size the sum of its layers' sizes, in bytes
     * @param diffIds the layers' diff ids, base first
     * @param layers the layers in the store, base first
     */
    record Image(
            String id,
            List<String> names,
            Optional<String> created,
            String architecture,
            String os,
            long size,
            List<String> diffIds,
            List<LayerId> layers) {
        /** The layer that shows the whole image; empty for an image without layers. */
        public Optional<LayerId> top() {
            return layers.isEmpty() ? Optional.empty() : Optional.of(layers.get(layers.size() - 1));
        }
    }

    /**
     * Which image to take of a source that holds several.
     *
     * @param name the name to give, empty to keep the names in the source
     * @param platform {@code os/architecture[/variant]}, empty for this machine's
     */
    record ImportOptions(Optional<String> name, Optional<String> platform) {}

    /** What is told while something long goes on. Called from the working thread; must be quick. */
    @FunctionalInterface
    interface Progress {
        /** Nobody watches. */
        Progress NONE = (step, done, total) -> {};

        /**
         * @param step what is being done, such as {@code layer 2 of 5 3f4a...}
         * @param done bytes so far
         * @param total bytes in all, -1 if unknown
         */
        void at(String step, long done, long total);
    }

    /**
     * What a prune removes, or would remove.
     *
     * @param images images that have no name
     * @param layers layers that belong to no image and no read-write layer
     * @param bytes the space that they take, in bytes
     */
    record Pruned(List<String> images, List<LayerId> layers, long bytes) {}

    /**
     * The space that an image takes.
     *
     * @param image the image
     * @param shared bytes of layers that other images have as well
     * @param unique bytes of layers that it alone has
     */
    record Usage(Image image, long shared, long unique) {}

    /**
     * An image that cannot be used.
     *
     * @param id its id
     * @param names its names with tags
     * @param problem one sentence
     */
    record Unusable(String id, List<String> names, String problem) {}

    /** The layer store below. */
    LayerStore layers();

    /**
     * Brings in an image: an OCI layout (a folder or a tar of one) or a docker archive (tar), recognised by content,
     * plain or compressed with gzip or zstd as a whole. Every digest is verified while streaming; nothing is kept of an
     * image that fails.
     *
     * @param source a file, a folder, or {@code -} for standard input
     * @return every image that was brought in, named
     * @throws StorageException BAD_ARCHIVE, LIMIT_EXCEEDED, NOT_FOUND for a platform that is not there
     */
    List<Image> importFrom(Path source, ImportOptions options, Progress progress) throws IOException;

    /** The same from a stream, which may be any of the tar forms. Spools to a private temporary file as needed. */
    List<Image> importFrom(InputStream source, ImportOptions options, Progress progress) throws IOException;

    /**
     * Writes an image as a tar archive. Layers come out byte for byte as they were brought in.
     *
     * @param reference the image; a name is written into the archive as its name
     */
    void export(String reference, Format format, Compression compression, OutputStream out, Progress progress)
            throws IOException;

    /** All images that can be used, named ones first, by name. */
    List<Image> images() throws StorageException;

    /**
     * Images that are recorded, but cannot be used because something of them is damaged or missing.
     *
     * @see #findings
     */
    List<Unusable> unusable() throws StorageException;

    /** The image that a reference means. */
    Image image(String reference) throws StorageException;

    /** The configuration of an image, byte for byte. */
    byte[] configuration(String reference) throws StorageException;

    /**
     * Makes an image of a read-write layer: its changes become a new layer on top of the image that it was made from.
     *
     * @param layer a layer whose parents are all layers of images, {@code -init} layers excepted
     * @param name what to call the image
     * @param changes replaced fields of the configuration's {@code config}, such as {@code Cmd}, as JSON values
     */
    Image commit(LayerId layer, String name, Map<String, String> changes, Progress progress) throws IOException;

    /** Gives an image one more name. A name that another image had goes over. */
    Image tag(String reference, String name) throws StorageException;

    /**
     * Takes a name from an image; the last name takes the image with it, and every layer that nothing else stands on.
     *
     * @return what was removed
     * @throws StorageException IN_USE if a read-write layer stands on the image, or it is given by id and has several
     *     names, unless {@code force}; force removes names, never layers that others stand on
     */
    Pruned delete(String reference, boolean force) throws StorageException;

    /** Removes, or with {@code dryRun} only lists, images without names and layers that nothing needs. */
    Pruned prune(boolean dryRun) throws StorageException;

    /** The space that each image takes. */
    List<Usage> usage() throws StorageException;

    /**
     * A layer's difference from its parent. One that was brought in with an image comes byte for byte as it was; others
     * as {@link LayerStore#diff} has them.
     */
    void diff(LayerId id, OutputStream out) throws IOException;

    /**
     * Fills an image layer with an archive, plain or compressed with gzip or zstd, recognised by content.
     *
     * @return as {@link LayerStore#applyDiff}
     */
    long apply(LayerId layer, InputStream archive) throws IOException;

    /**
     * Records that a read-write layer was made from an image, for reference checks by either side.
     *
     * @param id the layer, which exists
     */
    void adopt(LayerId id, Image image) throws StorageException;

    /**
     * Looks for damage in images and their layers.
     *
     * @param full whether the content of every layer is compared with its digest as well
     */
    List<LayerCheck.Finding> findings(boolean full, Progress progress) throws StorageException;

    /** Sets aside what is damaged and repairable; never deletes what may be good. */
    List<String> repair() throws StorageException;
}
