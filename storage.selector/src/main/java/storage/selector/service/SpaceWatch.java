package storage.selector.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Notices when the filesystem of a root gets low on space, and when it has space again. */
final class SpaceWatch {
    /** Told the usable bytes when space gets low, empty when there is enough again. */
    interface Listener {
        void space(OptionalLong low);
    }

    private final Path root;
    private final Listener listener;
    private boolean low;

    SpaceWatch(Path root, Listener listener) {
        this.root = root;
        this.listener = listener;
    }

    /** @param percent below which share of the whole the usable space is low; 0 for never */
    void look(int percent) {
        try {
            var store = Files.getFileStore(root);
            look(percent, store.getUsableSpace(), store.getTotalSpace());
        } catch (IOException e) {
            // no root, nothing to tell of it
        }
    }

    /** The same with the figures, in bytes. Tells each change once. */
    void look(int percent, long usable, long total) {
        var now = percent > 0 && usable / 100.0 < total / 10_000.0 * percent;
        synchronized (this) {
            if (now == low) {
                return;
            }
            low = now;
        }
        listener.space(now ? OptionalLong.of(usable) : OptionalLong.empty());
    }
}
