/** What btrfs is asked by ioctl: subvolumes, items of their trees, quotas. Numbers and structs are those of linux/btrfs.h. */
package storage.btrfs.kernel;
