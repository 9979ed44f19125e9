package storage.image.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import storage.api.LayerId;
import storage.common.io.JsonFile;

/** What journals name. */
final class Journals {
    private Journals() {}

    /** The layers that one makes. */
    static List<LayerId> layers(Path file) throws IOException {
        return JsonFile.read(file, Journal.Content.class).stream()
                .flatMap(content -> content.layers().stream())
                .filter(LayerId::isValid)
                .map(LayerId::new)
                .toList();
    }
}
