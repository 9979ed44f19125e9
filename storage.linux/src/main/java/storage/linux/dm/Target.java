package storage.linux.dm;

/**
 * A line of a device's table.
 *
 * @param start in sectors of 512 bytes
 * @param length in sectors
 * @param type such as {@code thin-pool}
 * @param parameters the type's own, Documentation/admin-guide/device-mapper; of a status what it tells
 */
public record Target(long start, long length, String type, String parameters) {}
