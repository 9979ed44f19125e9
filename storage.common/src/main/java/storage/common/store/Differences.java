package storage.common.store;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import storage.api.Change;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.common.archive.LayerPacker;
import storage.common.diff.ArchiveSink;
import storage.common.diff.ChangeList;
import storage.common.diff.ChangeSink;
import storage.common.diff.DiffOptions;
import storage.common.diff.SizeSum;
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
        var recorded = backend.privileges(layer.id());
        var packer = new LayerPacker(linux, out, ids, recorded);
        walk(layer, against, NativeDiff.Purpose.ARCHIVE, new ArchiveSink(packer));
        packer.end();
    }

    List<Change> changes(Layer layer, Optional<Layer> against) throws IOException {
        var list = new ChangeList();
        walk(layer, against, NativeDiff.Purpose.LIST, list);
        return list.changes();
    }

    long size(Layer layer, Optional<Layer> against) throws IOException {
        var sum = new SizeSum();
        walk(layer, against, NativeDiff.Purpose.LIST, sum);
        return sum.bytes();
    }

    private void walk(Layer layer, Optional<Layer> against, NativeDiff.Purpose purpose, ChangeSink told)
            throws IOException {
        var sink = backend.steady(told);
        var own = backend.nativeDiff();
        if (own.isPresent() && own.get().covers(layer, against.map(Layer::id))) {
            own.get().walk(layer, against.map(Layer::id), purpose, sink);
        } else {
            compare(layer, against, sink);
        }
    }

    private void compare(Layer layer, Optional<Layer> against, ChangeSink sink) throws IOException {
        var recorded = backend.privileges(layer.id());
        if (against.isEmpty()) {
            var options = new DiffOptions(ids, Optional.empty(), recorded, Optional.empty());
            try (var newer = holds.view(layer)) {
                TreeDiff.walk(linux, -1, newer.tree(), options, sink);
            }
            return;
        }
        var older = backend.privileges(against.get().id());
        var options = new DiffOptions(ids, pristineBefore(layer, against.get()), recorded, older);
        try (var lower = holds.view(against.get());
                var upper = holds.view(layer)) {
            TreeDiff.walk(linux, lower.tree(), upper.tree(), options, sink);
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
