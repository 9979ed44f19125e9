package storage.devmapper;

import java.io.IOException;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.linux.dm.DeviceMapper;
import storage.linux.dm.Target;

/** A thin pool that is there, and the messages that it takes. */
final class ThinPool {
    private static final String TYPE = "thin-pool";
    private static final String DEVICES = "/dev/mapper/";
    private static final int SECTOR = 512;

    /** In blocks: below so many free ones the kernel tells dmeventd, if that listens. The engine's. */
    private static final int LOW_WATER = 32768;

    private final DeviceMapper mapper;
    private final String name;

    ThinPool(DeviceMapper mapper, String name) {
        this.mapper = mapper;
        this.name = name;
    }

    String name() {
        return name;
    }

    /** As a table names it. */
    String path() {
        return DEVICES + name;
    }

    /** Whether there is a device of that name; one of another kind is refused. */
    boolean exists() throws IOException {
        if (!mapper.info(name).exists()) {
            return false;
        }
        var type = mapper.status(name).type();
        if (!type.equals(TYPE)) {
            throw StorageException.of(
                    Kind.INVALID,
                    "The device " + path() + " is no thin pool but " + (type.isEmpty() ? "empty" : "of type " + type),
                    "Name the pool itself with dm.thinpooldev: of LVM's the one whose type in 'dmsetup status' is "
                            + "thin-pool, which is often VG-LV-tpool");
        }
        return true;
    }

    /** Makes the pool of two block devices. */
    void create(String data, String metadata, long dataBytes, long blockBytes) throws IOException {
        mapper.create(name, target(data, metadata, dataBytes, blockBytes), DeviceMapper.NO_SCAN);
    }

    /** Has a table ready with the devices as they are now, after the data device has grown. */
    void load(String data, String metadata, long dataBytes, long blockBytes) throws IOException {
        mapper.reload(name, target(data, metadata, dataBytes, blockBytes));
    }

    /** Lets I/O wait. */
    void suspend() throws IOException {
        mapper.suspend(name);
    }

    /** Takes the table that was loaded, and lets I/O go on. */
    void resume() throws IOException {
        mapper.resume(name, DeviceMapper.NO_SCAN);
    }

    private static Target target(String data, String metadata, long dataBytes, long blockBytes) {
        var parameters = metadata + " " + data + " " + blockBytes / SECTOR + " " + LOW_WATER + " 1 skip_block_zeroing";
        return new Target(0, dataBytes / SECTOR, TYPE, parameters);
    }

    /** One of its devices, as a block device is made of it. */
    Target device(DeviceRecord record) {
        return new Target(0, record.size() / SECTOR, "thin", path() + " " + record.deviceId());
    }

    /** The table as it is. */
    Target table() throws IOException {
        return mapper.table(name);
    }

    PoolStatus status() throws IOException {
        return PoolStatus.of(path(), mapper.status(name));
    }

    void remove() throws IOException {
        mapper.remove(name);
    }

    /** Makes an empty device. EEXIST if the pool has one of that number. */
    void createThin(int id) throws IOException {
        mapper.message(name, "create_thin " + id);
    }

    /** Makes a device that is what another one is. EEXIST if the pool has one of that number. */
    void createSnapshot(int id, int origin) throws IOException {
        mapper.message(name, "create_snap " + id + " " + origin);
    }

    /** Deletes a device. ENODATA if the pool has none of that number, EBUSY while it is active. */
    void delete(int id) throws IOException {
        mapper.message(name, "delete " + id);
    }

    /** Counts a transaction; what was sent before is on disk then. */
    void setTransaction(long from, long to) throws IOException {
        mapper.message(name, "set_transaction_id " + from + " " + to);
    }
}
