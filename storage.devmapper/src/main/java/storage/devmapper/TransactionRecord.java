package storage.devmapper;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The transaction that was opened last, {@code metadata/transaction-metadata}. It is closed once the pool's own number has
 * reached it.
 *
 * @param id the pool's number when it is closed
 * @param layer whose device it makes or deletes, empty for the base device
 * @param deviceId the device's number in the pool
 */
record TransactionRecord(
        @JsonProperty("open_transaction_id") long id,
        @JsonProperty("device_hash") String layer,
        @JsonProperty("device_id") int deviceId) {
    TransactionRecord {
        layer = layer == null ? "" : layer;
    }
}
