package storage.common.store;

import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.linux.Syscalls;

/** A layer store over a backend: everything that is the same whatever the backend. */
public final class RecordedLayerStore {
    private RecordedLayerStore() {}

    /**
     * Opens a store. With write access: takes the lock, lets the backend {@linkplain Backend#prepare prepare} its home,
     * and repairs what a crash left.
     *
     * @throws StorageException LOCKED if another process writes to the store
     */
    @SuppressWarnings("DoNotCallSuggester")
    public static LayerStore open(Syscalls linux, StoreInfo info, Backend backend) throws StorageException {
        throw StorageException.of(StorageException.Kind.NOT_SUPPORTED, "Not yet");
    }
}
