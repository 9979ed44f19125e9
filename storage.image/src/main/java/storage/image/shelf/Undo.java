package storage.image.shelf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.JsonFile;
import storage.image.meta.Digest;
import storage.image.meta.ImageName;
import storage.image.meta.LayerDb;

/** Takes back what was begun: at once when it fails, or at the next opening when the process was killed. */
public final class Undo {
    private final Shelf shelf;

    public Undo(Shelf shelf) {
        this.shelf = shelf;
    }

    /**
     * Removes the layers that a journal names, top first, with their records, unless something else has come to need
     * them; then the journal. What cannot be removed now is left to the next opening, journal included.
     */
    public void run(Journal journal, Throwable cause) {
        // the work below is refused to an interrupted thread, and it is short
        var interrupted = Thread.interrupted();
        try {
            remove(journal.content(), journal.file());
            journal.end();
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
            journal.release();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void remove(Journal.Content content, Path file) throws IOException {
        var layers = new ArrayList<>(content.layers());
        Collections.reverse(layers);
        var needed = layers.isEmpty() ? Set.<Digest>of() : needed(file);
        for (var text : layers) {
            if (LayerId.isValid(text)) {
                remove(new LayerId(text), needed);
            }
        }
    }

    private Set<Digest> needed(Path except) throws IOException {
        var needed = new HashSet<>(shelf.pinned(except));
        for (var id : shelf.images().ids()) {
            try {
                needed.addAll(shelf.images().config(id).chains());
            } catch (StorageException e) {
                // a damaged image: what it needs cannot be told; its layers are no new ones
            }
        }
        return needed;
    }

    private void remove(LayerId layer, Set<Digest> needed) throws IOException {
        var entry = shelf.layerDb().of(layer);
        if (entry.isPresent() && needed.contains(entry.get().chain())) {
            return;
        }
        var out = entry.isPresent() ? shelf.room().locked(() -> shelf.takeOut(entry.get())) : null;
        shelf.removeLayer(layer);
        if (out != null) {
            shelf.forget(out);
        }
    }

    /** Finishes or takes back what crashed processes left. */
    public void recover() throws IOException {
        for (var file : shelf.journals()) {
            if (!shelf.room().alive().contains(file)) {
                try {
                    recover(file);
                } catch (StorageException e) {
                    passOver(e);
                }
            }
        }
        shelf.room().locked(() -> {
            if (shelf.room().alive().isEmpty()) {
                shelf.layerDb().sweep();
                shelf.scratch().sweep();
            }
            return null;
        });
        finishRemovals();
        for (var entry : shelf.readWrites().entriesThatCanBeRead()) {
            if (!shelf.layers().exists(entry.layer())) {
                shelf.readWrites().forget(entry.layer());
            }
        }
    }

    /** What is damaged is told by the check, what is in use is tried again at the next opening. */
    private static void passOver(StorageException e) throws StorageException {
        switch (e.kind()) {
            case DAMAGED, IN_USE, HAS_CHILDREN -> {}
            default -> throw e;
        }
    }

    private void recover(Path file) throws IOException {
        var content = JsonFile.read(file, Journal.Content.class);
        if (content.isEmpty()) {
            return;
        }
        var image = Digest.find(content.get().image()).filter(shelf.images()::has);
        if (image.isPresent()) {
            for (var text : content.get().names()) {
                var name = ImageName.find(text);
                if (name.isPresent()) {
                    shelf.names().put(name.get(), image.get());
                }
            }
        } else {
            remove(content.get(), file);
        }
        Files.deleteIfExists(file);
    }

    /** Layers whose record was taken out, but which were not removed any more; children before parents, in whatever order. */
    private void finishRemovals() throws IOException {
        for (var found = true; found; ) {
            found = false;
            for (var removed : shelf.layerDb().takenOut()) {
                found |= !shelf.room().leaving().contains(removed.aside()) && finish(removed);
            }
        }
    }

    private boolean finish(LayerDb.Removed removed) throws IOException {
        var layer = removed.layer();
        if (layer.isPresent()) {
            try {
                shelf.removeLayer(layer.get());
            } catch (StorageException e) {
                passOver(e);
                return false;
            }
        }
        removed.forget();
        return true;
    }
}
