package storage.selector.news;

import java.util.Map;
import storage.selector.Happening;

/** Is told what happens to stores, on the thread that brings it about: it must not wait for anything. */
public interface NewsListener {
    /** @param more properties of the event besides those that every event has */
    void happened(Happening happening, Map<String, Object> more);
}
