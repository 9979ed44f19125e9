package storage.image.shelf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import storage.api.LayerId;
import storage.common.io.AtomicFile;
import storage.common.io.JsonFile;

/**
 * What an import or a commit is about to make, on disk before it is made: {@code ROOT/storage/DRIVER/imports/ID.json}.
 * Who finds one that nobody works on undoes it; see {@link Undo}.
 */
public final class Journal {
    /**
     * The file.
     *
     * @param image the image id, empty while it is not known
     * @param names the names that it is to have
     * @param chains the chains that it needs, those that are there already included: nobody may remove them meanwhile
     * @param layers the layers that are made for it, base first
     */
    public record Content(String image, List<String> names, List<String> chains, List<String> layers) {
        public Content {
            image = image == null ? "" : image;
            names = names == null ? List.of() : List.copyOf(names);
            chains = chains == null ? List.of() : List.copyOf(chains);
            layers = layers == null ? List.of() : List.copyOf(layers);
        }
    }

    private final Path file;
    private final Room room;
    private Content content;

    Journal(Path file, Room room, Content content) throws IOException {
        this.file = file;
        this.room = room;
        this.content = content;
        room.alive().add(file);
        try {
            JsonFile.write(file, content);
        } catch (IOException | RuntimeException e) {
            room.alive().remove(file);
            throw e;
        }
    }

    /** Writes down that a layer will be made. */
    void add(LayerId layer) throws IOException {
        var layers = new ArrayList<>(content.layers());
        layers.add(layer.value());
        content = new Content(content.image(), content.names(), content.chains(), layers);
        JsonFile.write(file, content);
    }

    /** Writes down which image it becomes. */
    public void image(String id) throws IOException {
        content = new Content(id, content.names(), content.chains(), content.layers());
        JsonFile.write(file, content);
    }

    /** The layers that a journal names. */
    public static List<LayerId> layers(Path file) throws IOException {
        return JsonFile.read(file, Content.class).stream()
                .flatMap(content -> content.layers().stream())
                .filter(LayerId::isValid)
                .map(LayerId::new)
                .toList();
    }

    Content content() {
        return content;
    }

    Path file() {
        return file;
    }

    /** Everything is made, or undone. */
    public void end() throws IOException {
        Files.deleteIfExists(file);
        AtomicFile.syncFolder(file.getParent());
        release();
    }

    /** Leaves the journal to whoever opens the store next. */
    void release() {
        room.alive().remove(file);
    }
}
