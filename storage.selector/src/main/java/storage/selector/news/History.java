package storage.selector.news;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import storage.selector.Happening;

/** What happened to stores, the last of it kept in memory, all of it passed on. */
public final class History {
    private static final int REMEMBERED = 200;

    /** Guarded by itself. */
    private final Deque<Happening> happenings = new ArrayDeque<>();

    private final List<NewsListener> listeners = new CopyOnWriteArrayList<>();

    /** Passes on from now on. */
    public void add(NewsListener listener) {
        listeners.add(listener);
    }

    /** Passes nothing on any more. */
    public void remove(NewsListener listener) {
        listeners.remove(listener);
    }

    /** Remembers something and passes it on. */
    public void tell(Happening happening, Map<String, Object> more) {
        synchronized (happenings) {
            happenings.addLast(happening);
            if (happenings.size() > REMEMBERED) {
                happenings.removeFirst();
            }
        }
        listeners.forEach(listener -> listener.happened(happening, more));
    }

    /** What is remembered, the newest last. */
    public List<Happening> all() {
        synchronized (happenings) {
            return List.copyOf(happenings);
        }
    }
}
