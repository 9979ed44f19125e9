package storage.common.archive;

/**
 * What an archive held.
 *
 * @param bytes the sum of the sizes of its regular files
 * @param entries how many entries
 */
public record Unpacked(long bytes, long entries) {}
