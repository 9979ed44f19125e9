package storage.common.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/**
 * Makes, fills and removes layers. Each step is recorded before it is taken, so that whatever happens in between leaves a
 * record that says what to do. Called under the layer's lock, and the parent's shared.
 */
final class LayerLife {
    private final Syscalls linux;
    private final StoreInfo info;
    private final Backend backend;
    private final LayerRecords records;

    LayerLife(Syscalls linux, StoreInfo info, Backend backend, LayerRecords records) {
        this.linux = linux;
        this.info = info;
        this.backend = backend;
        this.records = records;
    }

    void create(Layer layer, LayerOptions options) throws IOException {
        var record = LayerRecord.of(layer, options);
        try (var file = records.begin(layer.id(), LayerState.CREATING, record)) {
            make(layer, record, file, true);
        }
    }

    /** With its record written: makes the layer, or leaves none. */
    private void make(Layer layer, LayerRecord record, RecordFile file, boolean forgetOnFailure) throws IOException {
        try (var undo = new Rollback()) {
            undo.add(() -> {
                // in this order: should the removal fail too, the record tells the next opening
                backend.remove(layer.id());
                if (forgetOnFailure) {
                    records.forget(layer.id());
                }
            });
            backend.create(layer, record.layerOptions(), undo);
            if (backend.knowsPristine()) {
                records.complete(layer.id(), record);
            } else {
                complete(layer.id(), record, file);
            }
            if (backend.isApart()) {
                records.settle(layer.id());
            }
            undo.keep();
        }
    }

    private void complete(LayerId id, LayerRecord record, RecordFile file) throws IOException {
        try {
            records.complete(id, record.withPristineBefore(file.now()), file);
        } catch (IOException e) {
            if (!Failures.isNoSpace(e)) {
                throw e;
            }
            // a full filesystem that writes nothing in place: without it comparisons are slower, and the layer is whole
            records.move(id, LayerState.COMPLETE);
        }
    }

    /** Makes sure that what is synced in a layer from now on outlives a power cut. */
    void settle(LayerId id) throws IOException {
        records.settle(id);
    }

    /** @return what {@link Backend#apply} answers */
    long apply(Layer layer, InputStream archive) throws IOException {
        if (layer.kind() != Layer.Kind.IMAGE) {
            throw notToFill(layer);
        }
        return fill(layer, archive);
    }

    /** The same with a layer of any kind. */
    long fill(Layer layer, InputStream archive) throws IOException {
        var record = records.find(layer.id())
                .flatMap(LayerRecords.Entry::record)
                .filter(r -> r.kind() == layer.kind() && !r.filled())
                .orElseThrow(() -> notToFill(layer));
        records.move(layer.id(), LayerState.APPLYING);
        try {
            var size = backend.apply(layer, archive);
            try (var file = records.open(layer.id())) {
                records.note(layer.id(), record.asFilled(), file);
                sync(file);
            }
            records.move(layer.id(), LayerState.COMPLETE);
            records.sync();
            return size;
        } catch (IOException | RuntimeException | Error e) {
            empty(layer, record, e);
            throw e;
        }
    }

    private static StorageException notToFill(Layer layer) {
        var id = layer.id();
        return StorageException.of(
                StorageException.Kind.INVALID,
                layer.kind() == Layer.Kind.IMAGE
                        ? "Layer " + id + " has its content already"
                        : "Layer " + id + " is a read-write layer, which no archive is applied to",
                "Create a new image layer and apply the archive to that");
    }

    /** After a failed filling: the layer as it was, which is empty. */
    private void empty(Layer layer, LayerRecord record, Throwable failure) {
        try {
            records.move(layer.id(), LayerState.APPLYING);
            if (backend.empty(layer)) {
                records.complete(layer.id(), record);
                return;
            }
            backend.remove(layer.id());
            try (var file = records.open(layer.id())) {
                make(layer, record, file, false);
            }
        } catch (IOException | RuntimeException e) {
            // the layer stays incomplete, as its record says
            failure.addSuppressed(e);
        }
    }

    void remove(Layer layer) throws IOException {
        try {
            announceRemoval(layer);
        } catch (IOException e) {
            if (!Failures.isNoSpace(e)) {
                throw e;
            }
            // some filesystems, when full, only let go of names: a crash from here on leaves a layer that nothing knows
            // of
            records.forget(layer.id());
        }
        backend.remove(layer.id());
        records.forget(layer.id());
    }

    private void announceRemoval(Layer layer) throws IOException {
        if (records.find(layer.id()).isPresent()) {
            records.move(layer.id(), LayerState.REMOVING);
        } else {
            records.begin(layer.id(), LayerState.REMOVING, LayerRecord.of(layer, LayerOptions.NONE))
                    .close();
        }
    }

    /** The label that a layer's mounts have unless another is asked for. */
    String label(LayerId id) throws IOException {
        return settings(id).mountLabel();
    }

    /** What a layer was created with, as far as it is recorded. */
    LayerOptions settings(LayerId id) throws IOException {
        return records.find(id)
                .flatMap(LayerRecords.Entry::record)
                .map(LayerRecord::layerOptions)
                .orElse(LayerOptions.NONE);
    }

    /** What the layer holds, and what its record says, is on disk before the record's name says that it is whole. */
    private void sync(RecordFile record) throws IOException {
        var home = PathBytes.text(info.home());
        try (var fd = Fd.directory(linux, home)) {
            Errno.check(linux.syncfs(fd.number()), "syncfs", home);
            if (!record.isBeside(fd)) {
                record.sync();
            }
        }
    }

    /** Removes what a crash left half-made. What cannot be removed stays, is reported, and does no harm. */
    Optional<IOException> repair(LayerId id) {
        try {
            backend.remove(id);
            records.forget(id);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(e);
        }
    }
}
