package storage.image.meta;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import storage.api.StorageException;
import storage.common.io.AtomicFile;

/**
 * The engine's {@code repositories.json}: familiar repository to familiar reference ({@code name:tag}, or
 * {@code name@digest} for what was pulled) to image id.
 */
public final class Repositories {
    /** The largest file that is read, in bytes. */
    private static final int LARGEST = 32 << 20;

    private final Path file;

    /** @param image the folder of the image metadata, {@code ROOT/image/DRIVER} */
    public Repositories(Path image) {
        file = image.resolve("repositories.json");
    }

    /** The file itself. */
    public Path file() {
        return file;
    }

    /**
     * Every reference and the image that it points to, sorted.
     *
     * @throws StorageException DAMAGED if the file cannot be read
     */
    public SortedMap<String, Digest> all() throws StorageException {
        var all = new TreeMap<String, Digest>();
        for (var repository : tree().properties()) {
            for (var reference : repository.getValue().properties()) {
                var id = Digest.find(reference.getValue().asText())
                        .orElseThrow(() ->
                                Bad.record("The file %s has no image id for %s", file, Shown.text(reference.getKey())));
                all.put(reference.getKey(), id);
            }
        }
        return all;
    }

    /** The image that a name points to. */
    public Optional<Digest> get(ImageName name) throws StorageException {
        return Optional.ofNullable(all().get(name.toString()));
    }

    /** Points a name to an image. */
    public void put(ImageName name, Digest id) throws IOException {
        var tree = tree();
        tree.withObjectProperty(name.repository()).put(name.toString(), id.toString());
        write(tree);
    }

    /** Drops references; those that are not there are no error. */
    public void drop(Iterable<String> references) throws IOException {
        var tree = tree();
        for (var reference : references) {
            tree.properties().forEach(repository -> ((ObjectNode) repository.getValue()).remove(reference));
        }
        tree.properties().removeIf(repository -> repository.getValue().isEmpty());
        write(tree);
    }

    /** Writes the file anew with just these references, whose repositories are what stands before tag or digest. */
    public void replace(Map<String, Digest> references) throws IOException {
        var tree = Json.newObject();
        references.forEach((reference, id) ->
                tree.withObjectProperty(repository(reference)).put(reference, id.toString()));
        write(tree);
    }

    private static String repository(String reference) {
        var at = reference.indexOf('@');
        return reference.substring(0, at >= 0 ? at : reference.lastIndexOf(':'));
    }

    private ObjectNode tree() throws StorageException {
        try {
            if (Files.size(file) > LARGEST) {
                throw Bad.record("The file %s is larger than any of its kind", file);
            }
            var tree = Json.child(Json.object(Files.readAllBytes(file), "It"), "Repositories", "It");
            for (var repository : tree.properties()) {
                if (!repository.getValue().isObject()) {
                    throw Bad.archive("The repository %s is no object", Shown.text(repository.getKey()));
                }
            }
            return tree;
        } catch (NoSuchFileException e) {
            return Json.newObject();
        } catch (StorageException e) {
            throw e.kind() == StorageException.Kind.DAMAGED
                    ? e
                    : Bad.record("The file %s cannot be used. %s", file, e.getMessage())
                            .causedBy(e);
        } catch (IOException e) {
            throw EngineFolder.told(e, "to read " + file);
        }
    }

    private void write(ObjectNode repositories) throws IOException {
        var tree = Json.newObject();
        tree.set("Repositories", repositories);
        EngineFolder.ensure(file.getParent(), "rwx------");
        AtomicFile.write(file, Json.bytes(tree), 0600);
    }
}
