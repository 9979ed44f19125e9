package storage.btrfs.kernel;

/**
 * A subvolume inside another.
 *
 * @param tree the number of its tree, which directories give as its inode number
 * @param directory the inode of the folder that holds it
 * @param folder the path from the outer subvolume's root to that folder, empty or ended by a slash
 * @param name its name there
 */
public record NestedSubvolume(long tree, long directory, String folder, String name) {}
