package storage.api;

import java.util.Map;
import java.util.Objects;

/**
 * What can be said when a layer is created.
 *
 * @param mountLabel the security label of the layer's mounts (SELinux {@code context=}), empty for none
 * @param storageOptions driver options for this layer alone, such as {@code size=10G}; one that the driver does not
 *     know is refused
 */
public record LayerOptions(String mountLabel, Map<String, String> storageOptions) {
    /** No label, no options. */
    public static final LayerOptions NONE = new LayerOptions("", Map.of());

    public LayerOptions {
        Objects.requireNonNull(mountLabel);
        storageOptions = Map.copyOf(storageOptions);
    }

    /** No label, the given options. */
    public static LayerOptions storage(Map<String, String> options) {
        return new LayerOptions("", options);
    }
}
