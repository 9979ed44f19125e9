package storage.overlay.support;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import storage.api.LayerId;

/**
 * How the layers that were mounted last are mounted, so that mounting one again reads nothing. The home belongs to one
 * process, and within it what a mount is made of changes only as {@link #forget} is told: a layer gets its first child,
 * or goes. Whoever finds that a remembered mount fails looks at the files again.
 */
public final class RecentMounts {
    /** At most a page of options each. */
    private static final int MAX = 256;

    private record Recent(String label, PreparedMount mount) {}

    private final Map<LayerId, Recent> recent = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<LayerId, Recent> eldest) {
            return size() > MAX;
        }
    };

    private long changes;

    synchronized Optional<PreparedMount> of(LayerId id, String label) {
        return Optional.ofNullable(recent.get(id))
                .filter(known -> known.label.equals(label))
                .map(Recent::mount);
    }

    /** How often something was forgotten; asked before the files are read that a mount is made of. */
    public synchronized long changes() {
        return changes;
    }

    /**
     * Remembers a mount, unless something was forgotten since: then what it was made of may be other already.
     *
     * @param since what {@link #changes} was before the files were read
     */
    synchronized void remember(LayerId id, String label, PreparedMount mount, long since) {
        if (changes == since) {
            recent.put(id, new Recent(label, mount));
        }
    }

    public synchronized void forget(LayerId id) {
        changes++;
        recent.remove(id);
    }

    synchronized void forgetAll() {
        changes++;
        recent.clear();
    }
}
