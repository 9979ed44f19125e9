package storage.common.store;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import storage.api.Change;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.common.diff.DiffOptions;
import storage.common.diff.TreeDiff;
import storage.linux.Syscalls;

/**
 * What layers differ in: the backend's own way where it has one, else the naive way, which compares the trees that both
 * layers show.
 */
final class Differences {
    private final Syscalls linux;
    private final Backend backend;
    private final LayerRecords records;
    private final Holds holds;
    private final IdMaps ids;

    Differences(Syscalls linux, Backend backend, LayerRecords records, Holds holds, IdMaps ids) {
        this.linux = linux;
        this.backend = backend;
        this.records = records;
        this.holds = holds;
        this.ids = ids;
    }

    void diff(Layer layer, Optional<Layer> against, OutputStream out) throws IOException {
        var own = ownWay(layer, against);
        if (own.isPresent()) {
            own.get().diff(layer, against.map(Layer::id), out);
            return;
        }
        compare(layer, against, (older, newer, options) -> {
            TreeDiff.pack(linux, older, newer, options, out);
            return null;
        });
    }

    List<Change> changes(Layer layer, Optional<Layer> against) throws IOException {
        var own = ownWay(layer, against);
        return own.isPresent()
                ? own.get().changes(layer, against.map(Layer::id))
                : compare(layer, against, (older, newer, options) -> TreeDiff.changes(linux, older, newer, options));
    }

    long size(Layer layer, Optional<Layer> against) throws IOException {
        var own = ownWay(layer, against);
        return own.isPresent()
                ? own.get().diffSize(layer, against.map(Layer::id))
                : compare(layer, against, (older, newer, options) -> TreeDiff.size(linux, older, newer, options));
    }

    private Optional<NativeDiff> ownWay(Layer layer, Optional<Layer> against) throws IOException {
        var own = backend.nativeDiff();
        return own.isPresent() && own.get().covers(layer, against.map(Layer::id)) ? own : Optional.empty();
    }

    @FunctionalInterface
    private interface Comparison<T> {
        T run(int older, int newer, DiffOptions options) throws IOException;
    }

    private <T> T compare(Layer layer, Optional<Layer> against, Comparison<T> comparison) throws IOException {
        var recorded = backend.privileges(layer.id());
        if (against.isEmpty()) {
            var options = new DiffOptions(ids, Optional.empty(), recorded, Optional.empty());
            try (var newer = holds.view(layer)) {
                return comparison.run(-1, newer.tree(), options);
            }
        }
        var older = backend.privileges(against.get().id());
        var options = new DiffOptions(ids, pristineBefore(layer, against.get()), recorded, older);
        try (var lower = holds.view(against.get());
                var upper = holds.view(layer)) {
            return comparison.run(lower.tree(), upper.tree(), options);
        }
    }

    /** Means something only against the parent: that is whose files the layer began with. */
    private Optional<Long> pristineBefore(Layer layer, Layer against) throws IOException {
        if (!layer.parent().equals(Optional.of(against.id()))) {
            return Optional.empty();
        }
        var told = backend.pristineBefore(layer);
        if (told.isPresent()) {
            return told;
        }
        return records.find(layer.id()).flatMap(LayerRecords.Entry::record).map(LayerRecord::pristineBefore);
    }
}
