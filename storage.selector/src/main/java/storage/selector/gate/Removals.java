package storage.selector.gate;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import storage.api.LayerId;

/** Which layers are removed while somebody looks: one that is there afterwards under such an id may be another. */
public final class Removals {
    private final List<Watch> watches = new CopyOnWriteArrayList<>();

    /** Begins to look. */
    public Watch watch() {
        var watch = new Watch();
        watches.add(watch);
        return watch;
    }

    /** To be called before a layer is removed. */
    void note(LayerId id) {
        watches.forEach(watch -> watch.seen.add(id));
    }

    /** Somebody's look, until it is closed. */
    public final class Watch implements AutoCloseable {
        private final Set<LayerId> seen = ConcurrentHashMap.newKeySet();

        private Watch() {}

        /** The ids of the layers that were removed, or were about to be. */
        public Set<LayerId> seen() {
            return Set.copyOf(seen);
        }

        @Override
        public void close() {
            watches.remove(this);
        }
    }
}
