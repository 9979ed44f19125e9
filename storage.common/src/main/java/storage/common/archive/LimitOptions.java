package storage.common.archive;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import storage.api.StorageException;
import storage.common.store.ByteSize;

/**
 * The options of every driver that say how much an archive may ask for: {@code archive.max_bytes=20G}.
 *
 * @param limits the limits, those that no option names as in {@link ArchiveLimits#DEFAULT}
 * @param others the options that are the driver's own
 */
public record LimitOptions(ArchiveLimits limits, Map<String, String> others) {
    private static final String PREFIX = "archive.";

    /** A header has to fit in memory: neither paths nor attributes may be allowed to take all of it. */
    private static final int LARGEST_HEADER = 64 << 20;

    public LimitOptions {
        others = Map.copyOf(others);
    }

    /**
     * Takes the limits out of a driver's options. Keys count in any case.
     *
     * @throws StorageException INVALID for an {@code archive.} option that is not known, or has no such value
     */
    public static LimitOptions of(Map<String, String> options) throws StorageException {
        var limits = ArchiveLimits.DEFAULT;
        var others = new TreeMap<String, String>();
        for (var option : options.entrySet()) {
            if (option.getKey().toLowerCase(Locale.ROOT).startsWith(PREFIX)) {
                limits = with(limits, option.getKey(), option.getValue());
            } else {
                others.put(option.getKey(), option.getValue());
            }
        }
        return new LimitOptions(limits, others);
    }

    private static ArchiveLimits with(ArchiveLimits l, String key, String value) throws StorageException {
        return switch (key.toLowerCase(Locale.ROOT)) {
            case "archive.max_bytes" -> l.withMaxBytes(ByteSize.parse(key, value));
            case "archive.max_entries" -> l.withMaxEntries(number(key, value, Long.MAX_VALUE));
            case "archive.max_depth" -> l.withMaxDepth((int) number(key, value, 1 << 16));
            case "archive.max_path" -> l.withMaxPathBytes((int) number(key, value, 1 << 16));
            case "archive.max_xattrs" -> l.withMaxXattrs((int) number(key, value, 1 << 16));
            case "archive.max_xattr_bytes" ->
                l.withMaxXattrBytes((int) between(key, ByteSize.parse(key, value), LARGEST_HEADER));
            case "archive.max_ratio" -> l.withMaxRatio(number(key, value, Long.MAX_VALUE));
            default ->
                throw StorageException.of(
                        StorageException.Kind.INVALID,
                        "No driver has the option '" + key + "'",
                        "The limits of archives are archive.max_bytes, max_entries, max_depth, max_path, max_xattrs,"
                                + " max_xattr_bytes and max_ratio");
        };
    }

    private static long number(String key, String value, long most) throws StorageException {
        if (!value.trim().matches("[0-9]{1,18}")) {
            throw invalid(key, value, most);
        }
        return between(key, Long.parseLong(value.trim()), most);
    }

    private static long between(String key, long value, long most) throws StorageException {
        if (value < 1 || value > most) {
            throw invalid(key, String.valueOf(value), most);
        }
        return value;
    }

    private static StorageException invalid(String key, String value, long most) {
        return StorageException.of(
                StorageException.Kind.INVALID,
                "The option " + key + " has the value '" + value + "', which is no limit",
                "Use a number from 1 to " + most);
    }
}
