package storage.docker.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import storage.api.Change;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.docker.PluginSettings;
import storage.docker.store.EngineHolds;
import storage.docker.store.EngineStore;
import storage.docker.store.InitRecord;

/**
 * What the engine's calls do. Each comes on a thread of its own, and they overlap as the engine likes: the store orders what
 * has to be ordered.
 */
public final class GraphCalls {
    private static final Map<String, Object> DONE = Map.of();

    private final PluginSettings settings;
    private final EngineStore stores;
    private final EngineHolds holds;
    /** One Init at a time; other calls do not care. */
    private final ReentrantLock initialising = new ReentrantLock();

    public GraphCalls(PluginSettings settings, EngineStore stores) {
        this.settings = settings;
        this.stores = stores;
        this.holds = new EngineHolds(settings.name());
    }

    /** Goes on where an earlier process was, if an engine has said where. */
    public void resume() throws IOException {
        var kept = InitRecord.read(settings.record());
        if (kept.isPresent()) {
            stores.begin(kept.get().wish(settings));
        }
    }

    /**
     * Answers a call whose request and answer are JSON.
     *
     * @return empty if there is no such call
     */
    public Optional<Map<String, Object>> answer(String name, byte[] body) throws IOException {
        var answer = switch (name) {
            case "Plugin.Activate" -> Map.<String, Object>of("Implements", List.of("GraphDriver"));
            case "GraphDriver.Init" -> init(Wire.read(body, InitCall.class));
            // what was packed once may be packed in another way by the next version
            case "GraphDriver.Capabilities" ->
                Map.<String, Object>of("Capabilities", Map.of("ReproducesExactDiffs", false));
            case "GraphDriver.Create" -> create(call(body), false);
            case "GraphDriver.CreateReadWrite" -> create(call(body), true);
            case "GraphDriver.Get" -> get(call(body));
            case "GraphDriver.Put" -> put(call(body));
            case "GraphDriver.Remove" -> remove(call(body));
            case "GraphDriver.Exists" ->
                Map.<String, Object>of("Exists", store().exists(call(body).layer()));
            case "GraphDriver.Status" -> Map.<String, Object>of("Status", status());
            case "GraphDriver.GetMetadata" ->
                Map.<String, Object>of("Metadata", store().metadata(call(body).layer()));
            case "GraphDriver.Cleanup" -> cleanup();
            case "GraphDriver.Changes" -> Map.<String, Object>of("Changes", changes(call(body)));
            case "GraphDriver.DiffSize" -> Map.<String, Object>of("Size", diffSize(call(body)));
            default -> null;
        };
        return Optional.ofNullable(answer);
    }

    private static Call call(byte[] body) throws Wire.Malformed {
        return Wire.read(body, Call.class);
    }

    private LayerStore store() throws StorageException {
        return stores.store();
    }

    private Map<String, Object> init(InitCall call) throws IOException {
        var said = call.record();
        initialising.lock();
        try {
            stores.open(said.wish(settings));
            said.write(settings.record());
            holds.engineStarted(store());
        } finally {
            initialising.unlock();
        }
        return DONE;
    }

    private Map<String, Object> create(Call call, boolean readWrite) throws StorageException {
        if (readWrite) {
            store().createReadWrite(call.layer(), call.parent(), call.options());
        } else {
            store().create(call.layer(), call.parent(), call.options());
        }
        return DONE;
    }

    private Map<String, Object> get(Call call) throws StorageException {
        return Map.of("Dir", holds.get(store(), call.layer(), call.label()));
    }

    private Map<String, Object> put(Call call) throws StorageException {
        holds.put(store(), call.layer());
        return DONE;
    }

    private Map<String, Object> remove(Call call) throws StorageException {
        holds.remove(store(), call.layer());
        return DONE;
    }

    private Map<String, Object> cleanup() throws StorageException {
        holds.cleanup(store());
        return DONE;
    }

    private List<List<String>> status() throws StorageException {
        var store = store();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("Backend", store.info().driver()));
        rows.add(List.of("Backend Root", store.info().root().toString()));
        store.status().forEach((key, value) -> rows.add(List.of(Wire.text(key), Wire.text(value))));
        return rows;
    }

    private List<Map<String, Object>> changes(Call call) throws StorageException {
        List<Map<String, Object>> all = new ArrayList<>();
        for (var change : store().changes(call.layer(), call.parent())) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("Path", Wire.text(change.path()));
            one.put("Kind", number(change.kind()));
            all.add(one);
        }
        return all;
    }

    private static int number(Change.Kind kind) {
        return switch (kind) {
            case MODIFY -> 0;
            case ADD -> 1;
            case DELETE -> 2;
        };
    }

    private long diffSize(Call call) throws StorageException {
        return store().diffSize(call.layer(), call.parent());
    }

    /** Answers {@code GraphDriver.Diff}: the archive goes to the stream as it comes to be. */
    public void diff(byte[] body, OutputStream out) throws IOException {
        var call = call(body);
        store().diff(call.layer(), call.parent(), out);
    }

    /**
     * Answers {@code GraphDriver.ApplyDiff}.
     *
     * @param parent whose difference it is, empty if the caller does not say
     */
    public Map<String, Object> applyDiff(String id, String parent, InputStream archive) throws IOException {
        var call = new Call(id, parent, "", Map.of());
        var layer = call.layer();
        var store = store();
        var named = call.parent();
        if (named.isPresent()) {
            requireParent(store, layer, named.get());
        }
        var links = new LinkSizes(archive);
        var files = store.applyDiff(layer, links);
        return Map.of("Size", files + links.bytes());
    }

    private static void requireParent(LayerStore store, LayerId id, LayerId parent) throws StorageException {
        var layer = store.layer(id);
        if (layer.isPresent() && !layer.get().parent().equals(Optional.of(parent))) {
            throw StorageException.of(
                            Kind.INVALID,
                            "Layer " + id + " stands on "
                                    + layer.get().parent().map(LayerId::value).orElse("nothing")
                                    + ", and the archive is the difference to " + parent,
                            "Create the layer on that parent")
                    .forLayer(id);
        }
    }
}
