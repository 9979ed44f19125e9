package storage.common.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StoreInfo;

/**
 * What is known about layers, put together from our records, the home's own links and the engine's layer database, in this
 * order. A record says what was meant when the layer was made; that the home agrees is for the check to find out.
 */
final class Ancestry {
    private final Backend backend;
    private final LayerRecords records;
    private final StoreInfo info;

    Ancestry(Backend backend, LayerRecords records, StoreInfo info) {
        this.backend = backend;
        this.records = records;
        this.info = info;
    }

    /** The engine's database, read when first needed and kept for one question only. */
    private final class Engine {
        private LayerDatabase database;

        LayerDatabase database() throws IOException {
            if (database == null) {
                database = LayerDatabase.read(info);
            }
            return database;
        }
    }

    Optional<Layer> layer(LayerId id) throws IOException {
        return layer(id, records.find(id), new Engine());
    }

    List<Layer> layers() throws IOException {
        var ids = new TreeSet<>(backend.ids());
        ids.addAll(records.all().keySet());
        var engine = new Engine();
        var layers = new ArrayList<Layer>(ids.size());
        for (var id : ids) {
            layer(id, records.find(id), engine).ifPresent(layers::add);
        }
        return layers;
    }

    boolean exists(LayerId id) throws IOException {
        return backend.exists(id)
                || records.find(id).filter(entry -> !entry.isComplete()).isPresent();
    }

    /** A layer that stands on this one, if there is any, in whatever state. */
    Optional<LayerId> childOf(LayerId id) throws IOException {
        for (var child : records.children(id)) {
            if (!records.find(child).map(LayerRecords.Entry::isComplete).orElse(false) || backend.exists(child)) {
                return Optional.of(child);
            }
        }
        var engine = new Engine();
        for (var other : backend.ids()) {
            var entry = records.find(other);
            if (entry.flatMap(LayerRecords.Entry::record).isEmpty()
                    && layer(other, entry, engine).flatMap(Layer::parent).equals(Optional.of(id))) {
                return Optional.of(other);
            }
        }
        return Optional.empty();
    }

    private Optional<Layer> layer(LayerId id, Optional<LayerRecords.Entry> entry, Engine engine) throws IOException {
        var incomplete = entry.isPresent() && !entry.get().isComplete();
        if (!incomplete && !backend.exists(id)) {
            return Optional.empty();
        }
        var record = entry.flatMap(LayerRecords.Entry::record);
        if (record.isPresent()) {
            var state = incomplete ? Layer.State.INCOMPLETE : Layer.State.COMPLETE;
            return Optional.of(
                    new Layer(id, record.get().parentId(), record.get().kindOrDefault(), state));
        }
        var found = unrecorded(id, engine);
        return Optional.of(incomplete ? new Layer(id, found.parent(), found.kind(), Layer.State.INCOMPLETE) : found);
    }

    /** A layer of another program's making. */
    private Layer unrecorded(LayerId id, Engine engine) throws IOException {
        var known = engine.database().find(id);
        var kind = known.map(LayerDatabase.Known::kind).orElse(Layer.Kind.READ_WRITE);
        var home = parentage(id);
        if (home.recorded()) {
            return new Layer(id, home.parent(), kind, Layer.State.COMPLETE);
        }
        return known.map(k -> new Layer(id, k.parent(), kind, Layer.State.COMPLETE))
                .orElseGet(() -> new Layer(id, Optional.empty(), kind, Layer.State.UNKNOWN_PARENT));
    }

    /** Links that contradict themselves are as good as none here; the check names them. */
    private Parentage parentage(LayerId id) throws IOException {
        try {
            return backend.parentage(id);
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.DAMAGED || e.kind() == StorageException.Kind.NOT_FOUND) {
                return Parentage.UNRECORDED;
            }
            throw e;
        }
    }
}
