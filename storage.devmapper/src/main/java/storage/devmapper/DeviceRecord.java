package storage.devmapper;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A thin device as the engine records it, in a file named by its layer: {@code metadata/ID}, of the base device
 * {@code metadata/base}.
 *
 * @param deviceId its number in the pool
 * @param size in bytes
 * @param transactionId of the pool's transaction that made it
 * @param initialized of the base device whether it has its filesystem; else always false
 * @param deleted whether it is to be deleted as soon as it is no longer in use
 */
record DeviceRecord(
        @JsonProperty("device_id") int deviceId,
        @JsonProperty("size") long size,
        @JsonProperty("transaction_id") long transactionId,
        @JsonProperty("initialized") boolean initialized,
        @JsonProperty("deleted") boolean deleted) {
    DeviceRecord asInitialized() {
        return new DeviceRecord(deviceId, size, transactionId, true, deleted);
    }

    DeviceRecord asDeleted() {
        return new DeviceRecord(deviceId, size, transactionId, initialized, true);
    }

    DeviceRecord withSize(long bytes) {
        return new DeviceRecord(deviceId, bytes, transactionId, initialized, deleted);
    }
}
