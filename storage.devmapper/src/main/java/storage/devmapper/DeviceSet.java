package storage.devmapper;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.common.store.Rollback;
import storage.linux.Errno;
import storage.linux.SyscallException;

/**
 * The thin devices of a pool and their records, which change together: what is going to be done is written as a transaction,
 * done, recorded, and closed by counting up the pool's own number. Whatever a crash cuts off is undone at the next start.
 *
 * <p>One lock for the transaction, because a pool has one number. Nothing is waited for while it is held but the kernel.
 */
final class DeviceSet {
    private static final Logger log = LoggerFactory.getLogger(DeviceSet.class);

    private final SetFiles files;
    private final ThinPool pool;
    private final ThinDevices devices;
    private final DevmapperOptions options;
    private final Steps steps;
    private final Map<String, DeviceRecord> records = new TreeMap<>();

    /** Layers whose record cannot be read: they are there, and nothing is made in their place. */
    private final Map<String, StorageException> damaged = new TreeMap<>();

    private DeviceIds ids;
    private long transaction;

    DeviceSet(SetFiles files, ThinPool pool, ThinDevices devices, DevmapperOptions options, Steps steps) {
        this.files = files;
        this.pool = pool;
        this.devices = devices;
        this.options = options;
        this.steps = steps;
    }

    /** Reads the records, and undoes what was cut off. */
    synchronized void start() throws IOException {
        transaction = pool.status().transaction();
        files.tidy();
        for (var layer : files.layers()) {
            read(layer);
        }
        ids = new DeviceIds(files.set().nextDeviceId());
        records.values().forEach(record -> ids.use(record.deviceId()));
        var open = files.transaction();
        if (open.isEmpty() || open.get().id() == transaction) {
            return;
        }
        if (open.get().id() < transaction) {
            throw StorageException.of(
                    Kind.DAMAGED,
                    "The thin pool " + pool.name() + " has counted " + transaction + " transactions, and "
                            + files.folder() + " knows of " + open.get().id() + " only",
                    "The folder is older than the pool, or another pool's: restore the one that belongs to it, "
                            + "or name the right pool with dm.thinpooldev. Nothing was changed");
        }
        if (open.get().id() > transaction + 1) {
            throw StorageException.of(
                    Kind.DAMAGED,
                    "The thin pool " + pool.name() + " has counted " + transaction + " transactions, and "
                            + files.folder() + " knows of " + open.get().id(),
                    "The pool is older than the folder, or another store's: restore its data and metadata, "
                            + "or name the right pool with dm.thinpooldev. Nothing was changed");
        }
        rollBack(open.get());
    }

    private void read(String layer) throws IOException {
        try {
            files.device(layer).ifPresent(record -> records.put(layer, record));
        } catch (StorageException e) {
            log.warn("The device of {} cannot be used: {}", title(layer), e.getMessage());
            damaged.put(layer, e);
        }
    }

    /** The device may have been made or not, deleted or not: either way it has to go. */
    private void rollBack(TransactionRecord open) throws IOException {
        log.warn("Undoing transaction {}: device {} of layer '{}'", open.id(), open.deviceId(), open.layer());
        devices.deactivate(open.layer());
        delete(open.deviceId());
        steps.reached("device rolled back");
        var record = records.get(open.layer());
        if (record != null && record.deviceId() == open.deviceId()) {
            files.remove(open.layer());
            records.remove(open.layer());
        }
        if (records.values().stream().noneMatch(each -> each.deviceId() == open.deviceId())) {
            ids.free(open.deviceId());
        }
        files.removeTransaction();
    }

    /** @return whether the pool had the device */
    private boolean delete(int id) throws IOException {
        try {
            pool.delete(id);
            return true;
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENODATA) {
                return false;
            }
            throw e;
        }
    }

    synchronized Optional<DeviceRecord> find(String layer) {
        return Optional.ofNullable(records.get(layer));
    }

    /** The record of a device that is to be used. */
    DeviceRecord get(String layer) throws StorageException {
        var record = find(layer);
        refuseDamaged(layer);
        if (record.isEmpty() || record.get().deleted()) {
            throw StorageException.of(
                    record.isEmpty() ? Kind.DAMAGED : Kind.IN_USE,
                    record.isEmpty()
                            ? "The device of " + title(layer) + " is not recorded in " + files.folder()
                            : "The device of " + title(layer) + " waits for its deletion",
                    record.isEmpty() ? "Restore its file, or remove the layer" : "Use another layer");
        }
        return record.get();
    }

    private synchronized void refuseDamaged(String layer) throws StorageException {
        var damage = damaged.get(layer);
        if (damage != null) {
            throw StorageException.of(
                            Kind.DAMAGED, "The device of " + title(layer) + ": " + damage.getMessage(), damage.advice())
                    .causedBy(damage);
        }
    }

    /** The layers whose records cannot be read. */
    synchronized Set<String> damaged() {
        return new TreeSet<>(damaged.keySet());
    }

    static String title(String layer) {
        return layer.isEmpty() ? "the base device" : "layer " + layer;
    }

    /** The layers with a device, but for those that wait for their deletion; the base device has the empty name. */
    synchronized Set<String> layers() {
        var layers = new TreeSet<>(damaged.keySet());
        records.forEach((layer, record) -> {
            if (!record.deleted()) {
                layers.add(layer);
            }
        });
        return layers;
    }

    /** The layers whose devices wait for their deletion. */
    synchronized Set<String> deleted() {
        var layers = new TreeSet<String>();
        records.forEach((layer, record) -> {
            if (record.deleted()) {
                layers.add(layer);
            }
        });
        return layers;
    }

    /** Makes the base device, which is empty. */
    synchronized DeviceRecord addBase(long size) throws IOException {
        return add(SetFiles.BASE, size, pool::createThin);
    }

    /** Makes a device that is what another one is. */
    synchronized DeviceRecord addSnapshot(String layer, String parent, long size) throws IOException {
        refuseTaken(layer);
        refuseFullPool(layer);
        var origin = get(parent);
        return add(layer, size, id -> devices.whileStill(parent, () -> pool.createSnapshot(id, origin.deviceId())));
    }

    private void refuseTaken(String layer) throws StorageException {
        refuseDamaged(layer);
        var there = records.get(layer);
        if (there != null) {
            throw StorageException.of(
                    there.deleted() ? Kind.IN_USE : Kind.ALREADY_EXISTS,
                    "The device of " + title(layer)
                            + (there.deleted() ? " waits for its deletion" : " is there already"),
                    there.deleted() ? "Wait until nobody uses it, or choose another name" : "Choose another name");
        }
    }

    private void refuseFullPool(String layer) throws IOException {
        var status = pool.status();
        if (status.isReadOnly() && !status.isBelow(Math.max(1, options.minFreeSpace()))) {
            throw StorageException.of(
                    Kind.IO,
                    "The thin pool " + pool.name() + " has gone read-only after an error of its disks: no device can "
                            + "be made for " + title(layer),
                    PoolStatus.ADVICE);
        }
        if (!status.canBeWritten() || status.isBelow(options.minFreeSpace())) {
            throw StorageException.of(
                    Kind.NO_SPACE,
                    "The thin pool " + pool.name() + " has " + (status.dataTotal() - status.dataUsed()) + " of "
                            + status.dataTotal() + " data blocks and "
                            + (status.metadataTotal() - status.metadataUsed()) + " of " + status.metadataTotal()
                            + " metadata blocks free, which is too little for " + title(layer)
                            + (status.canBeWritten() ? "" : "; it is in the mode " + status.mode()),
                    "Remove layers, make the pool larger, or ask for less with dm.min_free_space="
                            + options.minFreeSpace() + "%");
        }
    }

    @FunctionalInterface
    private interface Making {
        void make(int id) throws IOException;
    }

    private DeviceRecord add(String layer, long size, Making making) throws IOException {
        var id = ids.next();
        try (var undo = new Rollback()) {
            var taken = id;
            undo.add(() -> ids.free(taken));
            open(layer, id);
            id = make(layer, id, making);
            var made = id;
            if (made != taken) {
                undo.add(() -> ids.free(made));
            }
            undo.add(() -> delete(made));
            var record = new DeviceRecord(made, size, transaction + 1, false, false);
            undo.add(() -> files.remove(layer));
            files.save(layer, record);
            steps.reached("device recorded");
            count();
            records.put(layer, record);
            undo.keep();
            return record;
        }
    }

    /** A number that the pool knows and we do not is somebody's data: it is left alone. */
    private int make(String layer, int first, Making making) throws IOException {
        for (var id = first; ; id = next(layer, id)) {
            try {
                making.make(id);
                steps.reached("device made");
                return id;
            } catch (SyscallException e) {
                if (e.errno() != Errno.EEXIST) {
                    throw e;
                }
                log.warn(
                        "The pool {} has a device {}, which nothing here knows of; it is passed over", pool.name(), id);
            }
        }
    }

    private int next(String layer, int passed) throws IOException {
        var id = ids.next();
        if (id == passed) {
            throw StorageException.of(Kind.LIMIT_EXCEEDED, "The pool " + pool.name() + " has no free number");
        }
        open(layer, id);
        return id;
    }

    private void open(String layer, int id) throws IOException {
        files.save(new TransactionRecord(transaction + 1, layer, id));
        steps.reached("transaction opened");
    }

    private void count() throws IOException {
        pool.setTransaction(transaction, transaction + 1);
        transaction++;
        steps.reached("transaction counted");
    }

    /**
     * Deletes a device that is not active.
     *
     * @return false if it is in use and will be deleted later
     */
    synchronized boolean delete(String layer) throws IOException {
        refuseDamaged(layer);
        var record = records.get(layer);
        if (record == null) {
            return true;
        }
        open(layer, record.deviceId());
        var gone = deleteOrMark(layer, record);
        if (gone) {
            // should this fail, the transaction stays open: the record has no device any more and has to go
            files.remove(layer);
            steps.reached("record removed");
            records.remove(layer);
            ids.free(record.deviceId());
        }
        count();
        return gone;
    }

    private boolean deleteOrMark(String layer, DeviceRecord record) throws IOException {
        try {
            delete(record.deviceId());
            steps.reached("device deleted");
            return true;
        } catch (SyscallException e) {
            if (e.errno() == Errno.EBUSY && options.deferredDeletion()) {
                if (!record.deleted()) {
                    update(layer, record.asDeleted());
                }
                return false;
            }
            try {
                count(); // nothing was changed, and nothing is to be undone
            } catch (IOException more) {
                e.addSuppressed(more);
            }
            throw e;
        }
    }

    /** Records what has changed of a device. */
    synchronized void update(String layer, DeviceRecord record) throws IOException {
        files.save(layer, record);
        steps.reached("record updated");
        records.put(layer, record);
    }

    /** Takes a device's record away as it is; its data stay in the pool, and its number is not given to another. */
    synchronized void setAside(String layer, java.nio.file.Path place) throws IOException {
        files.setAside(layer, place);
        damaged.remove(layer);
        records.remove(layer);
    }

    /** Records which number was handed out last. */
    synchronized void saveNumbers() throws IOException {
        files.save(files.set().withNext(ids.last()));
    }

    synchronized SetRecord set() throws IOException {
        return files.set();
    }

    synchronized void saveBase(String uuid, String filesystem) throws IOException {
        files.save(files.set().withBase(uuid, filesystem).withNext(ids.last()));
    }
}
