/** The btrfs backend: a subvolume a layer, a snapshot a child. Exports nothing; see docs/drivers/btrfs.md. */
package storage.btrfs;
