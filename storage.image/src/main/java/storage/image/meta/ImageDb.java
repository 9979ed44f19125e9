package storage.image.meta;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import storage.api.StorageException;
import storage.common.io.AtomicFile;

/**
 * The engine's image database: {@code imagedb/content/sha256/ID} holds the configuration, byte for byte, and
 * {@code imagedb/metadata/sha256/ID/} may hold {@code parent} and {@code lastUpdated}.
 */
public final class ImageDb {
    private final Path content;
    private final Path metadata;

    /** @param image the folder of the image metadata, {@code ROOT/image/DRIVER} */
    public ImageDb(Path image) {
        var root = image.resolve("imagedb");
        content = root.resolve("content").resolve("sha256");
        metadata = root.resolve("metadata").resolve("sha256");
    }

    /** The file of a configuration. */
    public Path file(Digest id) {
        return content.resolve(id.hex());
    }

    /** The images that have a configuration, in whatever state, sorted. */
    public List<Digest> ids() throws StorageException {
        try {
            return EngineFolder.names(content).stream()
                    .filter(Digest::isHex)
                    .map(Digest::ofHex)
                    .toList();
        } catch (IOException e) {
            throw EngineFolder.told(e, "to list " + content);
        }
    }

    /** Whether there is an image, in whatever state. */
    public boolean has(Digest id) {
        return Files.exists(file(id));
    }

    /**
     * The configuration of an image, verified.
     *
     * @throws StorageException NOT_FOUND, or DAMAGED if it is not what its name says
     */
    public byte[] bytes(Digest id) throws StorageException {
        try {
            if (Files.size(file(id)) > ImageConfig.LARGEST) {
                throw Bad.record("The image configuration %s is larger than any of its kind", file(id));
            }
            var bytes = Files.readAllBytes(file(id));
            if (!Digest.ofBytes(bytes).equals(id)) {
                throw Bad.record("The image configuration %s does not have the digest of its name", file(id));
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw Bad.missing("There is no image " + id.brief(), "List them with 'storage images'")
                    .causedBy(e);
        } catch (IOException e) {
            throw EngineFolder.told(e, "to read " + file(id));
        }
    }

    /** The configuration of an image; see {@link #bytes}. */
    public ImageConfig config(Digest id) throws StorageException {
        var bytes = bytes(id);
        try {
            return ImageConfig.parse(bytes);
        } catch (StorageException e) {
            throw Bad.record("The image configuration %s is none: %s", file(id), e.getMessage())
                    .causedBy(e);
        }
    }

    /** Adds an image. */
    public void add(Digest id, byte[] bytes) throws IOException {
        EngineFolder.ensure(content, "rwx------");
        EngineFolder.ensure(metadata, "rwx------");
        AtomicFile.write(file(id), bytes, 0600);
    }

    /** Removes an image, and what makes others its children. */
    public void remove(Digest id) throws IOException {
        for (var child : children(id)) {
            Files.deleteIfExists(metadata.resolve(child.hex()).resolve("parent"));
        }
        EngineFolder.removeTree(metadata.resolve(id.hex()));
        Files.deleteIfExists(file(id));
        AtomicFile.syncFolder(content);
    }

    /** The image that one was built from in this store, if that is known. */
    public Optional<Digest> parent(Digest id) throws IOException {
        return EngineFolder.text(metadata.resolve(id.hex()).resolve("parent")).flatMap(Digest::find);
    }

    /** Records which image one was built from. */
    public void parent(Digest id, Digest parent) throws IOException {
        set(id, "parent", parent.toString());
    }

    /** The images that were built from one. */
    public List<Digest> children(Digest id) throws IOException {
        var children = new java.util.ArrayList<Digest>();
        for (var name : EngineFolder.names(metadata)) {
            if (Digest.isHex(name)
                    && parent(Digest.ofHex(name)).filter(id::equals).isPresent()) {
                children.add(Digest.ofHex(name));
            }
        }
        return children;
    }

    /** Records that an image was committed or named now. */
    public void touch(Digest id) throws IOException {
        set(id, "lastUpdated", DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(OffsetDateTime.now(ZoneOffset.UTC)));
    }

    private void set(Digest id, String key, String value) throws IOException {
        var folder = metadata.resolve(id.hex());
        EngineFolder.ensure(folder, "rwx------");
        AtomicFile.write(folder.resolve(key), value.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0600);
    }
}
