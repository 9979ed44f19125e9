package storage.docker.protocol;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import java.util.Optional;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

/** What most calls carry. The engine leaves out what is empty. */
record Call(
        @JsonProperty("ID") String id,
        @JsonProperty("Parent") String parentId,
        @JsonProperty("MountLabel") String mountLabel,
        @JsonProperty("StorageOpt") Map<String, String> storageOptions) {

    LayerId layer() throws StorageException {
        if (id == null || id.isEmpty()) {
            throw StorageException.of(Kind.INVALID, "The call names no layer", "Send an ID");
        }
        return LayerId.parse(id);
    }

    Optional<LayerId> parent() throws StorageException {
        return parentId == null || parentId.isEmpty() ? Optional.empty() : Optional.of(LayerId.parse(parentId));
    }

    String label() {
        return mountLabel == null ? "" : mountLabel;
    }

    LayerOptions options() throws StorageException {
        if (storageOptions != null && storageOptions.containsValue(null)) {
            throw StorageException.of(
                    Kind.INVALID, "A storage option of the call has no value", "Send one, or leave it out");
        }
        return new LayerOptions(label(), storageOptions == null ? Map.of() : storageOptions);
    }
}
