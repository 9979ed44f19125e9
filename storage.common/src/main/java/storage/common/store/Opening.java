package storage.common.store;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StoreInfo;
import storage.common.io.HomeFolder;
import storage.common.io.HomeLock;
import storage.linux.Syscalls;

/** What happens before a store can be used: folders, lock, repair; and what is released when it is closed. */
final class Opening {
    private static final Logger log = LoggerFactory.getLogger(RecordedLayerStore.class);

    private final Syscalls linux;
    private final StoreInfo info;
    private final Backend backend;
    /** Null when reading only. */
    private HomeLock lock;

    Opening(Syscalls linux, StoreInfo info, Backend backend) {
        this.linux = linux;
        this.info = info;
        this.backend = backend;
    }

    LayerRecords forReading() {
        return LayerRecords.forReading(linux, info.state().resolve("layers"));
    }

    LayerRecords forWriting(Rollback undo) throws IOException {
        var uid = linux.geteuid();
        var gid = linux.getegid();
        var ids = info.idMaps();
        HomeFolder.ensureRoot(linux, info.root(), ids.rootGid());
        HomeFolder.exposure(linux, info.root()).ifPresent(log::warn);
        HomeFolder.obstacle(linux, info.root(), ids.rootUid(), ids.rootGid()).ifPresent(log::warn);
        HomeFolder.ensure(linux, info.state().getParent(), HomeFolder.STATE_MODE, uid, gid);
        HomeFolder.ensure(linux, info.state(), HomeFolder.STATE_MODE, uid, gid);
        lock = HomeLock.take(linux, info.state().resolve("lock"), "The store " + info.driver() + " of " + info.root());
        undo.add(lock::close);
        var layers = info.state().resolve("layers");
        HomeFolder.ensure(linux, layers, HomeFolder.STATE_MODE, uid, gid);
        backend.prepare();
        var order = RecordOrder.of(linux, layers, backend.commits());
        var records = LayerRecords.forWriting(linux, layers, order, backend.isApart());
        repair(records);
        return records;
    }

    /** Removes the layers that a crash left half-made, each for itself: one that cannot be removed stops nothing. */
    private void repair(LayerRecords records) throws IOException {
        var life = new LayerLife(linux, info, backend, records);
        for (var entry : records.all().entrySet()) {
            var id = entry.getKey();
            if (entry.getValue().isComplete()) {
                continue;
            }
            if (backend.isMounted(id)) {
                log.warn("Layer {} was cut off and is still mounted: it stays until it is unmounted and removed", id);
                continue;
            }
            var failure = life.repair(id);
            if (failure.isPresent()) {
                log.warn(
                        "Layer {} was cut off and cannot be removed yet: {}",
                        id,
                        failure.get().getMessage());
            } else {
                log.info("Removed layer {}, which was cut off by a crash", id);
            }
        }
    }

    void release() throws IOException {
        try (var undo = new Rollback()) {
            if (lock != null) {
                undo.add(lock::close);
            }
            undo.add(backend::close);
        }
    }
}
