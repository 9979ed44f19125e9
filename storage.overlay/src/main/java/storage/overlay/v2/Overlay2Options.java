package storage.overlay.v2;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import storage.api.Layer;
import storage.api.StorageException;

/**
 * What can be set.
 *
 * @param size the quota of each read-write layer that names none itself, in bytes; 0 for none
 */
record Overlay2Options(long size) {
    private static final String SIZE = "overlay2.size";
    private static final String KERNEL = "overlay2.override_kernel_check";
    private static final String LAYER_SIZE = "size";
    private static final Pattern BYTES = Pattern.compile("(\\d{1,18})\\s*([kmgtp]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);

    /** Reads the driver's options. Keys count in any case, as they do with the engine. */
    static Overlay2Options parse(Map<String, String> options) throws StorageException {
        var size = 0L;
        for (var option : options.entrySet()) {
            switch (option.getKey().toLowerCase(Locale.ROOT)) {
                case SIZE -> size = bytes(option.getKey(), option.getValue());
                case KERNEL -> flag(option.getKey(), option.getValue());
                default ->
                    throw StorageException.of(
                            StorageException.Kind.INVALID,
                            "The overlay2 driver has no option '" + option.getKey() + "'",
                            "Its options are " + SIZE + " and " + KERNEL);
            }
        }
        return new Overlay2Options(size);
    }

    /** The quota of a new layer in bytes, 0 for none. */
    long sizeOf(Layer layer, Map<String, String> options) throws StorageException {
        var readWrite = layer.kind() == Layer.Kind.READ_WRITE;
        var own = readWrite ? size : 0;
        for (var option : options.entrySet()) {
            if (!option.getKey().toLowerCase(Locale.ROOT).equals(LAYER_SIZE)) {
                throw StorageException.of(
                        StorageException.Kind.INVALID,
                        "Layers of the overlay2 driver have no option '" + option.getKey() + "'",
                        "Their only option is " + LAYER_SIZE);
            }
            if (!readWrite) {
                throw StorageException.of(
                        StorageException.Kind.INVALID,
                        "An image layer takes no size, only read-write layers do",
                        "Leave the option " + LAYER_SIZE + " out");
            }
            own = bytes(option.getKey(), option.getValue());
        }
        return own;
    }

    /** {@code 10G}, {@code 512m}, {@code 4096}: powers of 1024, as with the engine. */
    private static long bytes(String key, String value) throws StorageException {
        var match = BYTES.matcher(value.trim());
        if (match.matches()) {
            var unit = match.group(2).toLowerCase(Locale.ROOT);
            var shift = unit.isEmpty() ? 0 : 10 * ("kmgtp".indexOf(unit) + 1);
            var number = Long.parseLong(match.group(1));
            if (number <= Long.MAX_VALUE >> shift) {
                return number << shift;
            }
        }
        throw StorageException.of(
                StorageException.Kind.INVALID,
                "The option " + key + " has the value '" + value + "', which is no size",
                "Use a number of bytes, or one with k, m, g, t or p behind it, such as 10G");
    }

    /** Accepted as the engine accepts it: what the kernel can do is probed, its version is never looked at. */
    private static void flag(String key, String value) throws StorageException {
        if (!value.matches("(?i)1|t|true|0|f|false")) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The option " + key + " has the value '" + value + "', which is neither true nor false",
                    "Use true or false");
        }
    }
}
