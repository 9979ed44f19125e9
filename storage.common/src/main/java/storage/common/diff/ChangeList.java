package storage.common.diff;

import java.util.ArrayList;
import java.util.List;
import storage.api.Change;
import storage.api.FileNames;
import storage.linux.Stat;

/** Differences as {@code LayerStore.changes} answers them. The root is not among them. */
public final class ChangeList implements ChangeSink {
    private final List<Change> changes = new ArrayList<>();

    /** What was told so far. */
    public List<Change> changes() {
        return changes;
    }

    @Override
    public void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat) {
        if (path.length > 0) {
            changes.add(new Change(kind, "/" + FileNames.decode(path)));
        }
    }

    @Override
    public void deleted(byte[] path) {
        changes.add(new Change(Change.Kind.DELETE, "/" + FileNames.decode(path)));
    }
}
